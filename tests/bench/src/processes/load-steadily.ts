import { Client } from '@grpc/grpc-js';
import { atRate } from './at-rate.ts';
import { callerCredentials } from './caller.ts';
import { orderMaker } from './order-mix.ts';
import { serve } from './serve.ts';

/**
 * Places orders of five lines at an even rate in the background: begins at once, and goes on until the request to end.
 */
export type SteadyQuestion =
  | { readonly kind: 'begin'; readonly address: string; readonly ordersPerSecond: number }
  | { readonly kind: 'end' };

/** The orders placed until the end. */
export interface SteadyAnswer {
  readonly placed: number;
  /** Orders that were still under way at the request to end: many, when the rate is more than the system carries. */
  readonly underWay: number;
}

const PATH = '/meridian.orders.v1.OrdersCommandService/PlaceOrder';
const DEADLINE_MS = 20_000;
const same = (bytes: Buffer) => bytes;
const nextOrder = orderMaker({ lines: 5, hotShare: 0 });

let client: Client | undefined;
let loading: { end(): Promise<SteadyAnswer> } | undefined;

function place(): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + DEADLINE_MS };
    client?.makeUnaryRequest(PATH, same, same, nextOrder(), options, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

function begin(address: string, ordersPerSecond: number): void {
  client ??= new Client(address, callerCredentials());
  let [begun, placed, isEnough] = [0, 0, false];
  const load = atRate(
    ordersPerSecond,
    () => isEnough,
    async () => {
      begun += 1;
      await place();
      placed += 1;
    },
  );
  load.catch(() => undefined);
  loading = {
    async end() {
      isEnough = true;
      const underWay = begun - placed;
      await load;
      return { placed, underWay };
    },
  };
}

serve<SteadyQuestion>(
  async (question) => {
    if (question.kind === 'begin') return begin(question.address, question.ordersPerSecond);
    return loading?.end();
  },
  async () => client?.close(),
);
