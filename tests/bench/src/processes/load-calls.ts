import { Client, credentials } from '@grpc/grpc-js';
import { serve } from './serve.ts';

/** Asks a server the same kind of question repeatedly, in a closed loop. */
export interface CallsQuestion {
  readonly address: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  /** Encoded requests; each call takes the next. */
  readonly requests: readonly Uint8Array[];
  readonly concurrency: number;
  readonly seconds: number;
}

/** The result of the load. */
export interface CallsAnswer {
  readonly answered: number;
  readonly failed: number;
  /** The message of the first failure. */
  readonly failure: string;
  /** Bytes of all answers, so that an empty answer cannot pass for a fast one. */
  readonly bytes: number;
  readonly seconds: number;
}

const CONNECTIONS = 4;
const DEADLINE_MS = 20_000;
const same = (bytes: Buffer) => bytes;
const clients = new Map<string, readonly Client[]>();

function clientsOf(address: string): readonly Client[] {
  let known = clients.get(address);
  if (!known) {
    const options = { 'grpc.use_local_subchannel_pool': 1 };
    known = Array.from(
      { length: CONNECTIONS },
      () => new Client(address, credentials.createInsecure(), options),
    );
    clients.set(address, known);
  }
  return known;
}

async function load({ address, path, requests, concurrency, seconds }: CallsQuestion): Promise<CallsAnswer> {
  const encoded = requests.map((request) => Buffer.from(request));
  let [answered, failed, bytes, failure, next] = [0, 0, 0, '', 0];
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1_000;
  const call = (client: Client, request: Buffer) =>
    new Promise<void>((resolve) => {
      const options = { deadline: Date.now() + DEADLINE_MS };
      client.makeUnaryRequest(path, same, same, request, options, (error, answer) => {
        if (error || !answer) {
          failed += 1;
          failure ||= String(error);
        } else {
          answered += 1;
          bytes += answer.length;
        }
        resolve();
      });
    });
  async function caller(index: number): Promise<void> {
    const all = clientsOf(address);
    const client = all[index % all.length];
    while (client && performance.now() < endMs) {
      const request = encoded[next++ % encoded.length];
      if (!request) throw new Error('no request to send');
      await call(client, request);
    }
  }
  await Promise.all(Array.from({ length: concurrency }, (_, index) => caller(index)));
  return { answered, failed, failure, bytes, seconds: (performance.now() - startedMs) / 1_000 };
}

serve(load, async () => {
  for (const client of [...clients.values()].flat()) client.close();
});
