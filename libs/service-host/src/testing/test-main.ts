// A service for the tests of runService, run as a process of its own. MERIDIAN_TEST chooses its behaviour.
import { once } from 'node:events';
import { z } from 'zod';
import { baseConfig } from '../base-config.ts';
import { loadConfig } from '../config.ts';
import { runService } from '../run-service.ts';

const shape = baseConfig.extend({ MERIDIAN_TEST: z.string().default('well') });

await runService({
  name: 'test-service',
  config: () => loadConfig(shape, process.env),
  async start(host, { MERIDIAN_TEST: behaviour }) {
    if (behaviour === 'no-start') throw new Error('cannot start');
    if (behaviour === 'waits') {
      host.log.info({ event: 'waiting' }, 'waiting');
      // As the connection to an engine would.
      const timer = setInterval(() => undefined, 1_000);
      await once(host.stopping, 'abort');
      clearInterval(timer);
      throw host.stopping.reason;
    }
    host.metrics.counter({ name: 'meridian_test_total', help: 'A count.' }).inc(3);
    host.metrics.observeCall('/a.B/C', 'OK', 12);
    host.tracer.startActiveSpan('work', (span) => {
      host.log.info({ event: 'working' }, 'working');
      span.end();
    });
    // Keeps the process alive, as a server's socket would.
    const timer = setInterval(() => undefined, 1_000);
    if (behaviour === 'chatty')
      setInterval(() => host.log.info({ event: 'chat' }, 'x'.repeat(20_000)), 10).unref();
    if (behaviour === 'crash') setTimeout(() => void Promise.reject(new Error('nobody caught this')), 300);
    if (behaviour === 'fail') setTimeout(() => host.fail(new Error('the store is gone')), 300);
    let asked = 0;
    return {
      grpcPort: 7001,
      ready: () => (asked += 1) > 2,
      serving: (ready) => host.log.info({ event: 'serving', ready }, 'serving'),
      async drain() {
        host.log.info({ event: 'drain' }, 'drain');
        if (behaviour === 'stuck') await new Promise(() => {});
      },
      async stop() {
        clearInterval(timer);
        host.log.info({ event: 'stop' }, 'stop');
      },
    };
  },
});
