import {
  checkRequest,
  commandServices,
  descriptorSet,
  GetOrderResponse,
  ListCustomerOrdersResponse,
  ListOrderHistoryResponse,
  OrdersQueryServiceDefinition,
  queryServices,
  WatchOrderResponse,
  type ConsistencyToken,
} from '@meridian/contracts';
import {
  startRpcServer,
  type RpcServer,
  type ServiceImplementation,
  type TsProtoServiceDefinition,
} from '@meridian/rpc';

/** What the stand-in for a service of Meridian does. */
export interface Script {
  /** Is given every request that passed its rules; what it returns or throws is the answer. */
  readonly answer: (method: string, request: Seen) => Promise<object> | object;
  /** What a watch gives. */
  readonly watch?: (request: Seen) => AsyncIterable<object>;
}

/** What the tests look at in a request. */
export interface Seen {
  readonly requestId?: string;
  readonly afterVersion?: bigint | undefined;
  readonly read?: { readonly token?: ConsistencyToken | undefined } | undefined;
}

type Method = TsProtoServiceDefinition['methods'][string] & { requestStream: false; responseStream: false };

/** A service without streams, whatever its methods are. */
interface UnaryService {
  readonly name: string;
  readonly fullName: string;
  readonly methods: Record<string, Method>;
}

const { orders: _withStreams, ...unaryQuestions } = queryServices;
const definitions: readonly UnaryService[] = [
  ...Object.values(commandServices),
  ...Object.values(unaryQuestions),
];

function implemented(
  definition: UnaryService,
  answer: Script['answer'],
): ServiceImplementation<UnaryService> {
  const methods = Object.entries(definition.methods).map(([key, method]) => {
    const handle = async (request: Seen): Promise<unknown> =>
      method.responseType.fromPartial?.(await answer(method.name, request));
    return [key, handle] as const;
  });
  return Object.fromEntries(methods);
}

/** A server, on a free port of this machine, that has all of Meridian's services, rules and reflection, and answers by script. */
export function standIn({ answer, watch }: Script): Promise<RpcServer> {
  return startRpcServer({
    address: '127.0.0.1:0',
    shutdownPauseMs: 0,
    check: checkRequest,
    descriptorSet,
    register(server) {
      for (const definition of definitions) server.add(definition, implemented(definition, answer));
      server.add(OrdersQueryServiceDefinition, {
        getOrder: async (request) => GetOrderResponse.fromPartial(await answer('GetOrder', request)),
        listCustomerOrders: async (request) =>
          ListCustomerOrdersResponse.fromPartial(await answer('ListCustomerOrders', request)),
        listOrderHistory: async (request) =>
          ListOrderHistoryResponse.fromPartial(await answer('ListOrderHistory', request)),
        async *watchOrder(request) {
          for await (const push of watch?.(request) ?? []) yield WatchOrderResponse.fromPartial(push);
        },
      });
    },
  });
}
