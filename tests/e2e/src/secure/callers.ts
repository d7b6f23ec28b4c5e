import { createMeridianClient, failureOf, type MeridianClient } from '@meridian/client';
import { issueToken, type RunningStack } from '@meridian/local-stack';
import type { Journey } from './journey.ts';

/** Callers of a closed stack: each call is one of the journey's customer with these roles. What they send and read is kept. */
export function callersOf(stackOf: () => RunningStack, journey: Journey) {
  const { customerId, orderId, tokens, shown } = journey;

  /** A token of the development issuer. */
  async function tokenOf(
    roles: readonly string[],
    { customerId: whose, validS = 600 }: { readonly customerId?: string; readonly validS?: number } = {},
  ): Promise<string> {
    const token = await issueToken(stackOf().folder, { roles, customerId: whose, validS });
    tokens.add(token);
    return token;
  }

  const authorityFile = () => stackOf().access?.authorityFile ?? '';

  function keep(error: unknown): void {
    const whole = error instanceof Error ? `${error.stack ?? ''} ${String(error.cause)}` : '';
    shown.push(String(error), whole, JSON.stringify(failureOf(error)) ?? '');
  }

  /** Runs work with a client of the roles. */
  async function as<T>(
    roles: readonly string[],
    work: (client: MeridianClient) => Promise<T>,
    region = 'eu-west',
  ): Promise<T> {
    const { addresses } = stackOf();
    const client = createMeridianClient({
      commandAddresses: [addresses.command],
      queryAddresses: [addresses.query[region] ?? ''],
      accessToken: () => tokenOf(roles, { customerId }),
      tls: { authorityFile: authorityFile() },
      deadlineMs: 30_000,
    });
    try {
      return await work(client);
    } catch (error) {
      keep(error);
      throw error;
    } finally {
      client.close();
    }
  }

  /** Asks for the order with a token; gives the reason or the status of a refusal. */
  async function ask(token: string | undefined, overTls = true): Promise<string | undefined> {
    if (token !== undefined) tokens.add(token);
    const { command, query } = stackOf().addresses;
    const client = createMeridianClient({
      commandAddresses: [command],
      queryAddresses: [query['us-east'] ?? ''],
      ...(token === undefined ? {} : { accessToken: () => token }),
      ...(overTls ? { tls: { authorityFile: authorityFile() } } : {}),
    });
    try {
      await client.orders.getOrder({ orderId });
      return undefined;
    } catch (error) {
      keep(error);
      const failure = failureOf(error);
      return failure ? failure.reason || failure.status : 'not sent';
    } finally {
      client.close();
    }
  }

  return { as, ask, authorityFile, tokenOf };
}
