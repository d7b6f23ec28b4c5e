import {
  commandServices,
  ErasureServiceDefinition,
  queryServices,
  type ConsistencyToken,
} from '@meridian/contracts';
import { keysOf } from '@meridian/kernel';
import {
  connectChannels,
  type ChannelOptions,
  type Channels,
  type Client,
  type CompatServiceDefinition,
} from '@meridian/rpc';
import { resuming } from './resuming-watch.ts';
import { createSession, type MeridianCallOptions, type Session } from './session.ts';

/** Where Meridian is, and how calls behave. */
export interface MeridianClientOptions extends ChannelOptions {
  /** The command-service: `host:port` of each replica, or one name that resolves to all of them. */
  readonly commandAddresses: readonly string[];
  /** The query-service: addresses as above, or addresses by region. */
  readonly queryAddresses: readonly string[] | Readonly<Record<string, readonly string[]>>;
  /** Which region to ask, when addresses are given by region; by default the first region. */
  readonly region?: string;
  /** How often in a row a watch may fail to resume before it gives up. 20 by default. */
  readonly maxWatchFailures?: number;
  /**
   * What was seen before, such as the token of another process. Answers to this session's questions include at least
   * this.
   */
  readonly token?: ConsistencyToken;
}

type Calls<Definition extends CompatServiceDefinition> = Client<Definition, MeridianCallOptions>;
type CommandName = keyof typeof commandServices;
type QueryName = keyof typeof queryServices;

/** The commands and the questions of each package of the contract; of some there are only questions. */
type CallsByName = {
  readonly [Name in QueryName]: Calls<(typeof queryServices)[Name]> &
    (Name extends CommandName ? Calls<(typeof commandServices)[Name]> : unknown);
};

/**
 * Meridian's services as one object per context. Commands and questions are methods: each takes a request and a call's
 * options, and gives the answer. Fields that have a default in proto3 may be left out. Failures reject with a
 * ClientError; refusalOf, fieldViolationsOf and regionBehindOf read it. Every command has a request_id, so a retry is
 * safe. The client makes one per call, unless the request names one. After a failure, requestIdOf gives the command's
 * request_id: repeat the command under this id. `orders.watchOrder` goes on by itself when a server stops or a
 * connection breaks, until its reader has had enough.
 */
export interface MeridianClient extends CallsByName {
  /** Says where erasures of customers are done. Asked of command-service, and no part of the session. */
  readonly erasures: Client<typeof ErasureServiceDefinition>;
  /** Names all that this session has seen: what it wrote and what it read. Give it to another session, in any region. */
  token(): ConsistencyToken;
  /** Takes over what another session has seen. */
  see(token: ConsistencyToken): void;
  /** Closes the connections; calls under way fail. */
  close(): void;
}

function queryAddressesOf({ queryAddresses, region }: MeridianClientOptions): readonly string[] {
  if (isList(queryAddresses)) return queryAddresses;
  const chosen = region ?? Object.keys(queryAddresses)[0] ?? '';
  const addresses = queryAddresses[chosen];
  if (!addresses)
    throw new TypeError(
      `no address for region "${chosen}"; known are ${Object.keys(queryAddresses).join(', ')}`,
    );
  return addresses;
}

function isList(addresses: MeridianClientOptions['queryAddresses']): addresses is readonly string[] {
  return Array.isArray(addresses);
}

/** Clients of services over some connections, with one session around all of them. */
function callsOver(channels: Channels, session: Session) {
  return <Definition extends CompatServiceDefinition>(definition: Definition) =>
    channels.clientWith(definition, session.middleware);
}

type Connect = ReturnType<typeof callsOver>;

/** Every service of the contract, commands beside the questions of the same name. */
function callsByName(commands: Connect, questions: Connect): CallsByName {
  const takesCommands = (name: string): name is CommandName => Object.hasOwn(commandServices, name);
  const calls = keysOf(queryServices).map((name) => [
    name,
    {
      ...(takesCommands(name) ? commands<CompatServiceDefinition>(commandServices[name]) : {}),
      ...questions<CompatServiceDefinition>(queryServices[name]),
    },
  ]);
  // The tables pair each name with its own services; the compiler cannot follow that through a union.
  return Object.fromEntries(calls) as CallsByName;
}

/**
 * Connects, when first needed, to Meridian. Calls are spread over all addresses and carry a deadline (5 s by default).
 * When a server is unavailable, a call is repeated within its deadline. Every answer's token is merged into the
 * session, and every question carries the session's token. So a caller reads its own writes, and never sees an older
 * state than before. `withToken: false` opts a question out. Throws TypeError when the addresses are not usable.
 */
export function createMeridianClient(options: MeridianClientOptions): MeridianClient {
  const session = createSession(options.token);
  const commandChannels = connectChannels(options.commandAddresses, options);
  const queryChannels = connectChannels(queryAddressesOf(options), options);
  const commands = callsOver(commandChannels, session);
  const questions = callsOver(queryChannels, session);
  const calls = callsByName(commands, questions);
  const { orders } = calls;
  return {
    ...calls,
    erasures: commandChannels.client(ErasureServiceDefinition),
    orders: { ...orders, watchOrder: resuming((request, call) => orders.watchOrder(request, call), options) },
    token: () => session.token(),
    see: (token) => session.see(token),
    close() {
      commandChannels.close();
      queryChannels.close();
    },
  };
}
