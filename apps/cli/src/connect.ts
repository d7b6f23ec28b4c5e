import {
  channelSecurity,
  createMeridianClient,
  type MeridianClient,
  type MeridianClientOptions,
} from '@meridian/client';
import { defaultStackFolder, findStack, type RunningStack } from '@meridian/local-stack';
import { CommanderError } from 'commander';

/** The stack that runs on this machine. When none runs, throws an error that says how to start one. */
export function runningStack(folder = defaultStackFolder()): RunningStack {
  const stack = findStack(folder);
  if (!stack)
    throw new CommanderError(
      1,
      'meridian.notRunning',
      'nothing is running here: start it with `meridian up` or `npm start`',
    );
  return stack;
}

/**
 * A client of a stack that asks in one region. Throws an error that names the regions when there is no such region. Calls have the
 * client's own deadline unless another is chosen. Its token and its TLS are those that the environment names (MERIDIAN_CLIENT_…).
 */
export function clientOf(
  stack: Pick<RunningStack, 'addresses' | 'regions'>,
  region?: string,
  calls: Pick<MeridianClientOptions, 'deadlineMs'> = {},
): MeridianClient {
  const { command, query } = stack.addresses;
  const chosen = region ?? stack.regions[0] ?? '';
  const address = query[chosen];
  if (address === undefined) {
    throw new CommanderError(
      1,
      'meridian.noRegion',
      `there is no region ${chosen}; there are ${stack.regions.join(' and ')}`,
    );
  }
  return createMeridianClient({
    ...{ commandAddresses: [command], queryAddresses: [address] },
    ...channelSecurity(process.env),
    ...calls,
  });
}
