import { startObservers, type RunningStack } from '@meridian/local-stack';
import { say } from '../output.ts';

/**
 * Starts what watches a stack, and says where it is. Where Prometheus cannot be had it says so: the stack is up all the same.
 */
export async function observe(stack: RunningStack, signal: AbortSignal): Promise<void> {
  say();
  try {
    const { prometheus, grafana, dashboards } = await startObservers(stack, { signal });
    say(`Prometheus, with the rules and alerts of the manifests: ${prometheus}`);
    if (grafana !== undefined) return say(`Grafana, with the dashboards: ${grafana}/dashboards`);
    say(
      'Grafana: not started, since there is no `grafana` on PATH, and no registry of packages here has it.',
    );
    say(`  Import the dashboards into a Grafana of yours, with ${prometheus} as its source: ${dashboards}`);
  } catch (error) {
    signal.throwIfAborted();
    say(`Prometheus was not started: ${error instanceof Error ? error.message : String(error)}`);
    say('  Put `prometheus` on PATH and run `meridian up --observe` again.');
  }
}
