import {
  CatalogCommandServiceDefinition,
  CatalogQueryServiceDefinition,
  CustomersCommandServiceDefinition,
  CustomersQueryServiceDefinition,
  InventoryCommandServiceDefinition,
  InventoryQueryServiceDefinition,
  OrdersCommandServiceDefinition,
  OrdersQueryServiceDefinition,
  SalesQueryServiceDefinition,
  type ConsistencyToken,
} from '@meridian/contracts';
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
  /** Which region to ask, when addresses are given by region; the first one named, when not set. */
  readonly region?: string;
  /** How often in a row a watch may fail to be taken up again before it gives up. 20 by default. */
  readonly maxWatchFailures?: number;
  /** What was seen before, such as the token of another process; this session's questions never answer with less. */
  readonly token?: ConsistencyToken;
}

type Calls<Definition extends CompatServiceDefinition> = Client<Definition, MeridianCallOptions>;

/**
 * Meridian's services as one object a context: commands and questions as methods that take a request (every field optional
 * where proto3 has a default) and a call's options, and give the answer. Failures reject with a ClientError; refusalOf,
 * fieldViolationsOf and regionBehindOf read it. Commands get a request_id, made once a call, unless the request names one,
 * so a retry is safe. requestIdOf tells the request_id of a command that failed: under it, the command can be repeated.
 */
export interface MeridianClient {
  /** Products and prices. */
  readonly catalog: Calls<typeof CatalogCommandServiceDefinition> &
    Calls<typeof CatalogQueryServiceDefinition>;
  /** Stock. */
  readonly inventory: Calls<typeof InventoryCommandServiceDefinition> &
    Calls<typeof InventoryQueryServiceDefinition>;
  /** Customers. */
  readonly customers: Calls<typeof CustomersCommandServiceDefinition> &
    Calls<typeof CustomersQueryServiceDefinition>;
  /** Orders. `watchOrder` goes on by itself when a server stops or a connection breaks, until its reader has had enough. */
  readonly orders: Calls<typeof OrdersCommandServiceDefinition> & Calls<typeof OrdersQueryServiceDefinition>;
  /** Totals. */
  readonly sales: Calls<typeof SalesQueryServiceDefinition>;
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

/**
 * Connects, when first needed, to Meridian. Calls are spread over all addresses, carry a deadline (5 s unless said
 * otherwise) and are tried again, within it, when a server is unavailable. Every answer's token is merged into the session
 * and every question carries it, so that time never goes backwards and a caller reads its own writes; `withToken: false`
 * opts a question out. Throws TypeError when the addresses are not usable.
 */
export function createMeridianClient(options: MeridianClientOptions): MeridianClient {
  const session = createSession(options.token);
  const commandChannels = connectChannels(options.commandAddresses, options);
  const queryChannels = connectChannels(queryAddressesOf(options), options);
  const commands = callsOver(commandChannels, session);
  const questions = callsOver(queryChannels, session);
  const orderQuestions = questions(OrdersQueryServiceDefinition);
  return {
    catalog: { ...commands(CatalogCommandServiceDefinition), ...questions(CatalogQueryServiceDefinition) },
    inventory: {
      ...commands(InventoryCommandServiceDefinition),
      ...questions(InventoryQueryServiceDefinition),
    },
    customers: {
      ...commands(CustomersCommandServiceDefinition),
      ...questions(CustomersQueryServiceDefinition),
    },
    orders: {
      ...commands(OrdersCommandServiceDefinition),
      ...orderQuestions,
      watchOrder: resuming((request, call) => orderQuestions.watchOrder(request, call), options),
    },
    sales: questions(SalesQueryServiceDefinition),
    token: () => session.token(),
    see: (token) => session.see(token),
    close() {
      commandChannels.close();
      queryChannels.close();
    },
  };
}
