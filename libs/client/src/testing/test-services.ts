import {
  checkRequest,
  commandServices,
  descriptorSet,
  ErasureServiceDefinition,
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

/** The behaviour of the stand-in for Meridian's services. */
export interface Script {
  /** Called with every request that passed its rules; its result or error is the answer. */
  readonly answer: (method: string, request: Seen) => Promise<object> | object;
  /** The answers of a watch. */
  readonly watch?: (request: Seen) => AsyncIterable<object>;
}

/** The fields of a request that tests check. */
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
  ErasureServiceDefinition,
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

/**
 * A server, on a free port of this machine, with all of Meridian's services, rules and reflection. The server answers
 * by the script.
 */
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
