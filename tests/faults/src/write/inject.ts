import { setTimeout as pause } from 'node:timers/promises';
import type { EngineName } from '@meridian/engines';
import type { FaultyEngines } from '../system/engines.ts';
import { isGroupCommit, type Cut, type CuttingProxy } from '../system/proxy.ts';
import { rises } from '../system/rises.ts';
import type { Fault } from './schedule.ts';
import type { WriteSystem } from './system.ts';

const FALLS_WITHIN_MS = 5_000;
const SETTLES_MS = 200;

/**
 * Does one fault to the system, also beside others that the schedule lets meet, and heals it. Resolves when it is healed, and says
 * whether it hit anything: a cut may find no request.
 */
export async function inject(fault: Fault, system: WriteSystem, engines: FaultyEngines): Promise<boolean> {
  const { kind, lastsMs } = fault;
  const replica = system.replicas[fault.replica];
  if (!replica) throw new Error(`there is no replica ${fault.replica}`);
  const killed = async (engine: EngineName) => {
    await engines.kill(engine);
    await pause(lastsMs);
    await engines.restart(engine);
    return true;
  };
  switch (kind) {
    case 'kill-replica':
      await replica.kill();
      await pause(lastsMs);
      await replica.start();
      return true;
    case 'stop-replica':
      await replica.end();
      await pause(lastsMs);
      await replica.start();
      return true;
    case 'pause-replica':
      replica.signal('SIGSTOP');
      await pause(lastsMs);
      replica.signal('SIGCONT');
      return true;
    case 'kill-kafka':
      return killed('kafka');
    case 'kill-mysql':
      return killed('mysql');
    case 'cut-commit-before':
      return falls(system.mysqlProxy, 'before');
    case 'cut-commit-after':
      return falls(system.mysqlProxy, 'after');
    case 'cut-produce-before':
      return falls(system.kafkaProxy, 'before');
    case 'cut-produce-after':
      return falls(system.kafkaProxy, 'after');
    case 'late-commit': {
      const hit = await falls(system.mysqlProxy, { lateMs: lastsMs }, { matches: isGroupCommit });
      // Nothing else is cut until it has come.
      if (hit) await pause(lastsMs + SETTLES_MS);
      return hit;
    }
  }
}

interface FallOptions {
  readonly matches?: (data: Buffer) => boolean;
  readonly withinMs?: number;
}

/**
 * Cuts the next request, and waits until that has happened; no longer than a while, since nothing may be sent any more. Says whether
 * it has happened. If not, later requests pass.
 */
export async function falls(
  proxy: Pick<CuttingProxy, 'cuts' | 'cutNext'>,
  cut: Cut,
  { matches, withinMs = FALLS_WITHIN_MS }: FallOptions = {},
): Promise<boolean> {
  const before = proxy.cuts();
  const fallen = rises(() => proxy.cuts(), withinMs);
  proxy.cutNext(cut, matches);
  if (await fallen) return true;
  proxy.cutNext(undefined);
  return proxy.cuts() > before;
}
