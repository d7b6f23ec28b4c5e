import { existsSync } from 'node:fs';
import {
  channelSecurity,
  tokenOfFile,
  type ChannelSecurity,
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
 * A client of a stack that asks in one region. Throws an error that names the regions when there is no such region.
 * Calls have the client's own deadline unless another is chosen. The environment names its token and its TLS
 * (MERIDIAN_CLIENT_…), unless a token is given here. Otherwise they are those of a closed stack: the stack's authority,
 * and the token of `meridian login`.
 */
export function clientOf(
  stack: Pick<RunningStack, 'access' | 'addresses' | 'regions'>,
  region?: string,
  calls: Pick<MeridianClientOptions, 'deadlineMs' | 'accessToken'> = {},
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
    commandAddresses: [command],
    queryAddresses: [address],
    ...securityOf(stack),
    ...calls,
  });
}

/**
 * A client for what command-service answers, at an address. It is called as the environment says (MERIDIAN_CLIENT_…). When
 * the address is left out, it is that of the running stack.
 */
export function commandClientOf(address: string | undefined): CommandClient {
  if (address === undefined) return clientOf(runningStack());
  // The client wants addresses for questions, too. It connects when first needed, and none is asked.
  const addresses = { commandAddresses: [address], queryAddresses: [address] };
  return createMeridianClient({ ...addresses, ...channelSecurity(process.env) });
}

/** What command-service alone answers: questions about erasures, and the commands about customers. */
export interface CommandClient extends Pick<MeridianClient, 'erasures' | 'close'> {
  readonly customers: Pick<MeridianClient['customers'], 'eraseCustomer'>;
}

/**
 * How to call the services of a stack: as the environment names it (MERIDIAN_CLIENT_…). Where it names nothing and the
 * stack is closed, the stack's authority and the token of `meridian login` are taken.
 */
export function securityOf({ access }: Pick<RunningStack, 'access'>): ChannelSecurity {
  const given = channelSecurity(process.env);
  if (!access) return given;
  return {
    tls: { authorityFile: access.authorityFile, serverName: 'localhost' },
    ...(existsSync(access.tokenFile) ? { accessToken: tokenOfFile(access.tokenFile) } : {}),
    ...given,
  };
}
