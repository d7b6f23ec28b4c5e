import { createMeridianClient, failureOf, type MeridianClient } from '@meridian/client';

/** What is called all the time. */
export type Load = 'commands' | 'questions';

/** Calls that go on until the service is gone. */
export interface RunningLoad {
  /** Resolves when calls are answered. */
  flowing(): Promise<void>;
  /** Says that the service was told to stop: calls that begin from now on may be refused. */
  stopping(): void;
  /** Ends the calls. Rejects when one that began before failed, or one after failed otherwise than by a refusal. */
  end(): Promise<void>;
}

const CALLERS = 16;
const ENOUGH = 200;

async function callOf(client: MeridianClient, load: Load, id: string): Promise<void> {
  if (load === 'commands') {
    const price = { currencyCode: 'GBP', amountMinor: 100n };
    await client.catalog.createProduct({ productId: id, name: 'of the load', price });
    return;
  }
  // It is not there, and that is an answer.
  await client.catalog.getProduct({ productId: id }).catch((error: unknown) => {
    if (failureOf(error)?.status !== 'NOT_FOUND') throw error;
  });
}

/** Keeps calls in flight at a service. Nothing is tried again, so that each call shows what became of it. */
export function startLoad(address: string, load: Load): RunningLoad {
  const client = createMeridianClient({
    commandAddresses: [address],
    queryAddresses: [address],
    maxAttempts: 1,
  });
  const flowing = Promise.withResolvers<undefined>();
  const problems: unknown[] = [];
  let answered = 0;
  let isStopping = false;
  let isOver = false;
  async function caller(number: number): Promise<void> {
    for (let call = 0; !isOver; call += 1) {
      const mayBeRefused = isStopping;
      try {
        await callOf(client, load, `load-${number}-${call}`);
        answered += 1;
        if (answered === ENOUGH) flowing.resolve(undefined);
      } catch (error) {
        // A refusal changes nothing, and a caller tries another replica. It ends this caller.
        if (mayBeRefused && failureOf(error)?.status === 'UNAVAILABLE') return;
        problems.push(error);
        flowing.reject(error);
        return;
      }
    }
  }
  const callers = Promise.all(Array.from({ length: CALLERS }, (_, number) => caller(number)));
  flowing.promise.catch(() => undefined);
  return {
    flowing: () => flowing.promise,
    stopping: () => {
      isStopping = true;
    },
    async end() {
      isOver = true;
      await callers;
      client.close();
      if (problems.length > 0)
        throw new Error(`${problems.length} calls failed: ${kindsOf(problems).join('; ')}`);
    },
  };
}

/** What errors say, each kind once. */
function kindsOf(problems: readonly unknown[]): readonly string[] {
  return [
    ...new Set(problems.map((problem) => (problem instanceof Error ? problem.message : String(problem)))),
  ];
}
