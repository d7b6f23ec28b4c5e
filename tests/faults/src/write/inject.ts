import { setTimeout as pause } from 'node:timers/promises';
import type { EngineName } from '@meridian/engines';
import type { FaultyEngines } from '../system/engines.ts';
import { isGroupCommit, type Cut, type CuttingProxy } from '../system/proxy.ts';
import { rises } from '../system/rises.ts';
import type { Fault } from './schedule.ts';
import type { WriteSystem } from './system.ts';

const FALLS_WITHIN_MS = 5_000;
const SETTLES_MS = 200;

/** Does one fault to the system, also beside others that the schedule lets meet, and heals it. Resolves when it is healed. */
export async function inject(fault: Fault, system: WriteSystem, engines: FaultyEngines): Promise<void> {
  const { kind, lastsMs } = fault;
  const replica = system.replicas[fault.replica];
  if (!replica) throw new Error(`there is no replica ${fault.replica}`);
  const killed = async (engine: EngineName) => {
    await engines.kill(engine);
    await pause(lastsMs);
    await engines.restart(engine);
  };
  switch (kind) {
    case 'kill-replica':
      await replica.kill();
      await pause(lastsMs);
      return replica.start();
    case 'stop-replica':
      await replica.end();
      await pause(lastsMs);
      return replica.start();
    case 'pause-replica':
      replica.signal('SIGSTOP');
      await pause(lastsMs);
      replica.signal('SIGCONT');
      return;
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
    case 'late-commit':
      await falls(system.mysqlProxy, { lateMs: lastsMs }, isGroupCommit);
      // Nothing else is cut until it has come.
      return pause(lastsMs + SETTLES_MS);
  }
}

/** Cuts the next request, and waits until that has happened; no longer than a while, since nothing may be sent any more. */
async function falls(proxy: CuttingProxy, cut: Cut, matches?: (data: Buffer) => boolean): Promise<void> {
  const fallen = rises(() => proxy.cuts(), FALLS_WITHIN_MS);
  proxy.cutNext(cut, matches);
  if (!(await fallen)) proxy.cutNext(undefined);
}
