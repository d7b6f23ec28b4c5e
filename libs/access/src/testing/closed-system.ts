import * as contracts from '@meridian/contracts';
import {
  callerOf,
  notFound,
  startRpcServer,
  type CallContext,
  type RpcServer,
  type RpcServerOptions,
  type ServiceImplementation,
  type ServiceRegistry,
  type TsProtoServiceDefinition,
} from '@meridian/rpc';

type Method = TsProtoServiceDefinition['methods'][string] & { readonly requestStream: false };

/** A service of the contract, whatever its methods are. */
export interface AnyService {
  readonly name: string;
  readonly fullName: string;
  readonly methods: Record<string, Method>;
}

/** A service without streams. */
interface UnaryService extends AnyService {
  readonly methods: Record<string, Method & { readonly responseStream: false }>;
}

interface OrderRequest {
  readonly orderId?: string;
}

const {
  GetHeadResponse,
  GetOrderResponse,
  JournalServiceDefinition,
  ListCustomerOrdersResponse,
  ListOrderHistoryResponse,
  OrdersQueryServiceDefinition,
  ReadJournalResponse,
  WatchOrderResponse,
} = contracts;

/** Every service of the contract. It is found by what the contract exports, and not by the table that is tested. */
export const SERVICES: readonly AnyService[] = Object.entries(contracts).flatMap(([name, exported]) =>
  name.endsWith('ServiceDefinition') ? [asService(exported)] : [],
);

function asService(exported: unknown): AnyService {
  if (!isService(exported)) throw new Error('the contract exports a service in another form');
  return exported;
}

function isService(exported: unknown): exported is AnyService {
  return typeof exported === 'object' && exported !== null && 'methods' in exported && 'fullName' in exported;
}

const isUnary = (service: AnyService): service is UnaryService =>
  Object.values(service.methods).every(({ responseStream }) => !responseStream);

/** Whose order it is, by its id `order-of-NAME`. */
const ownerOf = ({ orderId = '' }: OrderRequest): string => orderId.replace(/^order-of-/, '');
const shown = (request: OrderRequest) => ({ order: { summary: { customerId: ownerOf(request) } } });

/** Looks whose order it is, as ofOwnOrder and listOrderHistory do in the services. */
function decided(request: OrderRequest, context: CallContext): void {
  const own = callerOf(context)?.own;
  if (own && own.customerId !== ownerOf(request)) throw notFound('ORDER_NOT_FOUND', 'there is none');
}

function implemented({ methods }: UnaryService): ServiceImplementation<UnaryService> {
  return Object.fromEntries(
    Object.entries(methods).map(([key, method]) => {
      const handle = async (request: OrderRequest, context: CallContext): Promise<unknown> => {
        if (method.name === 'CancelOrder') decided(request, context);
        return method.responseType.fromPartial?.({});
      };
      return [key, handle] as const;
    }),
  );
}

function register(server: ServiceRegistry): void {
  for (const service of SERVICES) if (isUnary(service)) server.add(service, implemented(service));
  server.add(OrdersQueryServiceDefinition, {
    getOrder: async (request) => GetOrderResponse.fromPartial(shown(request)),
    async listOrderHistory(request, context) {
      decided(request, context);
      return ListOrderHistoryResponse.fromPartial({});
    },
    listCustomerOrders: async () => ListCustomerOrdersResponse.fromPartial({}),
    async *watchOrder(request) {
      yield WatchOrderResponse.fromPartial(shown(request));
    },
  });
  server.add(JournalServiceDefinition, {
    async *readJournal() {
      yield ReadJournalResponse.fromPartial({});
    },
    getHead: async () => GetHeadResponse.fromPartial({}),
  });
}

/** A server of all services, whose handlers answer whatever they are asked, except of others' orders. */
export function startClosedSystem(options: Pick<RpcServerOptions, 'access' | 'tls'>): Promise<RpcServer> {
  return startRpcServer({ address: '127.0.0.1:0', shutdownPauseMs: 0, ...options, register });
}
