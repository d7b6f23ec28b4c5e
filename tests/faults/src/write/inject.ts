import { setTimeout as pause } from 'node:timers/promises';
import type { EngineName } from '@meridian/engines';
import type { FaultyEngines } from '../system/engines.ts';
import type { Fault } from './schedule.ts';
import type { WriteSystem } from './system.ts';

/** Does one fault to the system, and heals it. Resolves when it is healed. */
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
    case 'cut-commit-after':
      system.mysqlProxy.cutNext(kind === 'cut-commit-before' ? 'before' : 'after');
      return;
    case 'cut-produce-before':
    case 'cut-produce-after':
      system.kafkaProxy.cutNext(kind === 'cut-produce-before' ? 'before' : 'after');
      return;
  }
}
