import { describe, expect, it } from 'vitest';
import type { TestStack } from '@meridian/testing';
import { at, bufCurl, type Json } from '../buf-curl.ts';
import { buildClient, RegistryAwayError, type BuiltClient } from '../clients/build-client.ts';
import { runClient, type Step } from '../clients/run-client.ts';
import { missingTools, type Language } from '../clients/toolchains.ts';

const LIBRARIES: Readonly<Record<Language, string>> = { python: 'grpcio', go: 'grpc-go', java: 'grpc-java' };
const LANGUAGES: readonly Language[] = ['python', 'go', 'java'];

/** What every client must have seen, whatever its language. */
function promised(prefix: string, otherRegion: string): Readonly<Record<string, readonly Step[]>> {
  const placed = { version: 1, status: 'ORDER_STATUS_PLACED' };
  const someOf = (most: number): unknown => expect.toSatisfy((count) => count >= 1 && count <= most);
  return {
    session: [{ step: 'session', ...placed, amountMinor: 500, region: otherRegion, replayed: false }],
    repeat: [{ step: 'repeat', replayed: true, version: 1, sameToken: true }],
    refusals: [
      {
        step: 'refusals',
        reason: 'INSUFFICIENT_STOCK',
        total: '100',
        named: someOf(100),
        codes: Array.from({ length: 10 }, () => 'FAILED_PRECONDITION'),
        first: expect.stringContaining(`product/${prefix}-short-`),
      },
    ],
    'bad-lines': [
      {
        step: 'bad-lines',
        code: 'INVALID_ARGUMENT',
        reason: 'INVALID_ARGUMENT',
        total: '1200',
        named: someOf(100),
        first: 'lines[0].quantity',
      },
    ],
    'long-deadline': [30, 60].map((days) => ({ step: 'long-deadline', days, asked: 1, watched: 1 })),
    watch: [
      {
        step: 'watch',
        seen: [
          placed,
          { version: 2, status: 'ORDER_STATUS_PAID' },
          { version: 3, status: 'ORDER_STATUS_SHIPPED' },
        ],
      },
    ],
    pages: [
      { step: 'pages', pages: [[4, 5], [3, 2], [1]].map((page) => page.map((n) => `${prefix}-bob-${n}`)) },
    ],
    erasure: [
      {
        step: 'erasure',
        before: 'Bob',
        status: 'CUSTOMER_STATUS_ERASED',
        left: '',
        orders: 5,
        update: 'CUSTOMER_ERASED',
      },
    ],
  };
}

const TITLES: Readonly<Record<string, string>> = {
  session: 'reads its order in the other region with the token',
  repeat: 'gets the same answer, marked, for the same request id',
  refusals: 'gets each of ten refusals of 100 short products, with details',
  'bad-lines': 'is told which of 1,200 lines are bad',
  'long-deadline': 'may name deadlines of 30 and 60 days, for a question and a watch',
  watch: 'watches its order being paid and shipped',
  pages: 'lists five orders by pages of two, newest first, each once',
  erasure: 'finds nothing of an erased customer in the other region',
};

function describeClient(language: Language, given: () => TestStack): void {
  const prefix = `from-${language}`;
  let client: BuiltClient;
  let steps: readonly Step[] = [];
  let isLeftOut = false;
  const regions = () => {
    const [home = '', other = ''] = given().regions;
    return { home, other };
  };

  it('is built of the contract, with packages of its own registry', async ({ signal, skip }) => {
    try {
      client = await buildClient(language, signal);
    } catch (error) {
      if (!(error instanceof RegistryAwayError)) throw error;
      console.warn(error.message);
      isLeftOut = true;
      skip(error.message);
    }
  });

  it('runs its session to the end', async ({ signal, skip }) => {
    skip(isLeftOut, 'it was not built');
    const stack = given();
    const { home, other } = regions();
    const addresses = { command: stack.command(), home: stack.query(home), other: stack.query(other) };
    steps = await runClient(client, { ...addresses, prefix }, signal);
    expect([...new Set(steps.map(({ step }) => step))]).toEqual(Object.keys(TITLES));
  });

  it.for(Object.entries(TITLES))('%s: %s', ([name], { skip }) => {
    skip(isLeftOut, 'it was not built');
    expect(steps.filter(({ step }) => step === name)).toEqual(promised(prefix, regions().other)[name]);
  });

  it('leaves behind what it told of', async ({ skip }) => {
    skip(isLeftOut, 'it was not built');
    const { other } = regions();
    const ask = async (method: string, request: Json): Promise<Json> => {
      const result = await bufCurl(given().query(other), `meridian.${method}`, request);
      if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
      return result.answer;
    };
    const order = await ask('orders.v1.OrdersQueryService/GetOrder', { orderId: `${prefix}-ada-1` });
    expect(at(order, 'order', 'summary', 'status')).toBe('ORDER_STATUS_SHIPPED');
    const customer = await ask('customers.v1.CustomersQueryService/GetCustomer', {
      customerId: `${prefix}-bob`,
    });
    expect(at(customer, 'customer', 'status')).toBe('CUSTOMER_STATUS_ERASED');
  });
}

/**
 * The same session with the stock gRPC library of other languages, each as a program of its own (examples/clients). A language whose
 * tools are not on this machine is left out, and says so.
 */
export const describeClients = (given: () => TestStack) => {
  for (const language of LANGUAGES) {
    describe(`a programmer with ${LIBRARIES[language]}`, () => {
      const missing = missingTools(language);
      if (missing === undefined) describeClient(language, given);
      else it.skip(`is left out: ${missing}`);
    });
  }
};
