import { GetOrderRequest } from '@meridian/contracts';
import type { Measurement, Sample } from '../measure/measurement.ts';
import type { CallsAnswer, CallsQuestion } from '../processes/load-calls.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import { startChild, type Child } from '../system/child.ts';
import { startCpuCount } from '../system/cpu-time.ts';

/** The path of the question that both sides answer. */
export const GET_ORDER = '/meridian.orders.v1.OrdersQueryService/GetOrder';
const CONCURRENCY = 64;

/** Asks once. Throws when a call failed or got an empty answer. */
export async function askOnce(
  system: BenchSystem,
  loader: Child,
  question: CallsQuestion,
  pids: Readonly<Record<string, number>>,
): Promise<Sample & Required<Pick<Sample, 'times'>>> {
  const cpuSince = startCpuCount({ ...pids, load: loader.pid, ...(await system.enginePids()) });
  const answer = await loader.ask<CallsAnswer>(question);
  if (answer.failed > 0 || answer.bytes < answer.answered * 20)
    throw new Error(`${answer.failed} calls failed, ${answer.bytes} bytes in all: ${answer.failure}`);
  const { answered: operations, seconds, timesMs: times } = answer;
  return { value: operations / seconds, operations, times, cpuSeconds: cpuSince() };
}

/** The cost of everything around a call. */
export const queryEcho: Measurement = {
  name: 'query.echo',
  what: 'an answer that needs no store, full stack (validation, limits, deadlines, metrics, traces) ÷ bare grpc-js',
  goal: 0.7,
  unit: 'answers/s',
  kind: 'rate',
  async prepare(system, { seconds }) {
    const loader = await startChild('load-calls.ts', {});
    const requests = [GetOrderRequest.encode({ orderId: 'order-1', read: undefined }).finish()];
    const start = async (side: 'ours' | 'raw') => {
      const child = await startChild('echo-service.ts', { BENCH_SIDE: side });
      const port = await child.ask<number>({});
      const question = {
        address: `127.0.0.1:${port}`,
        path: GET_ORDER,
        requests,
        concurrency: CONCURRENCY,
        seconds,
      };
      return { child, run: () => askOnce(system, loader, question, { server: child.pid }) };
    };
    const [ours, raw] = [await start('ours'), await start('raw')];
    for (const side of [ours, raw]) await side.run();
    return {
      ours: ours.run,
      raw: raw.run,
      async close() {
        await Promise.all([loader.stop(), ours.child.stop(), raw.child.stop()]);
      },
    };
  },
};
