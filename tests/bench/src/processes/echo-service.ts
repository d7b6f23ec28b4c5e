import { Server } from '@grpc/grpc-js';
import {
  checkRequest,
  descriptorSet,
  GetOrderRequest,
  GetOrderResponse,
  OrdersQueryServiceDefinition,
} from '@meridian/contracts';
import { startRpcServer } from '@meridian/rpc';
import { listen } from './bare-server.ts';
import { serve } from './serve.ts';

/**
 * Answers GetOrder with a fixed order, without any store: with everything that a service has around a call, or bare.
 */
const answer: GetOrderResponse = {
  order: {
    summary: undefined,
    lines: Array.from({ length: 5 }, (_, index) => ({
      lineNo: index + 1,
      productId: `p${index}`,
      productName: `product ${index}`,
      quantity: 1n,
      returnedQuantity: 0n,
      unitPrice: { currencyCode: 'GBP', amountMinor: 100n },
    })),
    history: [],
    historyTotal: 0n,
  },
  freshness: undefined,
};
const PATH = '/meridian.orders.v1.OrdersQueryService/GetOrder';

async function startOurs(): Promise<{ port: number; stop(): Promise<void> }> {
  const { fullName, name, methods } = OrdersQueryServiceDefinition;
  const definition = { fullName, name, methods: { getOrder: methods.getOrder } } as const;
  const server = await startRpcServer({
    address: '127.0.0.1:0',
    descriptorSet,
    check: checkRequest,
    observe: () => undefined,
    register: (registry) => registry.add(definition, { getOrder: () => Promise.resolve(answer) }),
  });
  return { port: server.port, stop: () => server.shutdown(0) };
}

async function startRaw(): Promise<{ port: number; stop(): Promise<void> }> {
  const server = new Server({ 'grpc.enable_channelz': 0 });
  server.addService(
    {
      getOrder: {
        path: PATH,
        requestStream: false,
        responseStream: false,
        requestSerialize: (message: GetOrderRequest) => Buffer.from(GetOrderRequest.encode(message).finish()),
        requestDeserialize: (bytes: Buffer) => GetOrderRequest.decode(bytes),
        responseSerialize: (message: GetOrderResponse) =>
          Buffer.from(GetOrderResponse.encode(message).finish()),
        responseDeserialize: (bytes: Buffer) => GetOrderResponse.decode(bytes),
      },
    },
    {
      getOrder: (_call: object, reply: (error: null, value: GetOrderResponse) => void) => reply(null, answer),
    },
  );
  return { port: await listen(server), stop: () => Promise.resolve(server.forceShutdown()) };
}

const started = await (process.env['BENCH_SIDE'] === 'ours' ? startOurs() : startRaw());
serve(
  () => Promise.resolve(started.port),
  () => started.stop(),
);
