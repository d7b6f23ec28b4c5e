import { runCommand } from '@meridian/engines';
import { z } from 'zod';
import type { BuiltClient } from './build-client.ts';

const stepLine = z.looseObject({ step: z.string() });

/** What a client saw in one step. */
export type Step = z.infer<typeof stepLine>;

/** Where a client finds the services, and what its ids begin with. */
export interface ClientArguments {
  readonly command: string;
  readonly home: string;
  readonly other: string;
  readonly prefix: string;
}

/**
 * Runs a client's session to its end and gives its steps, in their order. Rejects with what the client printed when it ends with an
 * error: a promise of the contract was not kept.
 */
export async function runClient(
  client: BuiltClient,
  given: ClientArguments,
  signal: AbortSignal,
): Promise<Step[]> {
  const named = Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]);
  const output = await runCommand(client.command, [...client.args, ...named], { env: client.env, signal });
  const lines = output.split('\n').filter((line) => line !== '');
  return lines.map((line) => stepLine.parse(JSON.parse(line)));
}
