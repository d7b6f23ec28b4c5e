import type { MysqlPool } from '@meridian/mysql';
import { setTimeout as pause } from 'node:timers/promises';
import type { FaultyEngines } from '../system/engines.ts';
import { rises } from '../system/rises.ts';
import { kafkaFaults } from './kafka-faults.ts';
import { engineFaults } from './engine-faults.ts';
import type { Fault } from './schedule.ts';
import type { ReadSystem } from './system.ts';
import { replaceBy, retryParked } from './versions.ts';

const RISES_WITHIN_MS = 15_000;

/** Does faults, also several at a time that the schedule lets meet. Each resolves when it is healed. */
export function injector(
  engines: FaultyEngines,
  system: ReadSystem,
  pool: MysqlPool,
  say: (line: string) => void,
): (fault: Fault) => Promise<void> {
  const kafka = kafkaFaults(engines, system, pool);

  const outages = engineFaults(engines);

  return async ({ kind, lastsMs, replica, projector, pick }) => {
    const harmed = system.projectors[replica];
    if (!harmed) throw new Error(`there is no process ${replica} of the projectors`);
    const { process, kafkaProxy, storeProxy } = harmed;
    const replicas = system.projectors.filter((one) => one.projector === projector);
    const [home = '', remote = ''] = engines.regions;
    const on = (what: string) => say(`${kind}: ${what}`);
    switch (kind) {
      case 'kill-before-commit': {
        on(`${process.name}, away for ${lastsMs} ms`);
        kafkaProxy.cutNext('before');
        await rises(() => kafkaProxy.cuts(), RISES_WITHIN_MS);
        await process.kill();
        await pause(lastsMs);
        return process.start();
      }
      case 'kill-while-writing':
        on(`${process.name}, away for ${lastsMs} ms`);
        storeProxy.loseNext();
        await rises(() => storeProxy.held(), RISES_WITHIN_MS);
        await process.kill();
        await pause(lastsMs);
        return process.start();
      case 'kill-projector':
        on(`${process.name}, away for ${lastsMs} ms`);
        await process.kill();
        await pause(lastsMs);
        return process.start();
      case 'zombie':
        on(`${process.name}, asleep for ${lastsMs} ms`);
        process.signal('SIGSTOP');
        await pause(lastsMs);
        process.signal('SIGCONT');
        return;
      case 'join-and-leave':
        on(`${process.name}, away for ${lastsMs} ms`);
        await process.end();
        await pause(lastsMs);
        return process.start();
      case 'stop-projector':
        on(`${projector}, away for ${lastsMs} ms`);
        await Promise.all(replicas.map((one) => one.process.end()));
        await pause(lastsMs);
        // Who comes back into an outage knows that the region missed something; who comes back after it has to find out.
        await outages.whenHealed();
        return void (await Promise.all(replicas.map((one) => one.process.start())));
      case 'late-write':
        on(`${process.name}, held for ${lastsMs} ms`);
        storeProxy.holdNext(lastsMs);
        return pause(lastsMs);
      case 'lost-write':
        on(`${process.name}`);
        storeProxy.loseNext();
        return pause(lastsMs);
      case 'kill-kafka':
        on(`away for ${lastsMs} ms`);
        return outages.kafkaAway(lastsMs);
      case 'stop-home-store':
        on(`${home}, away for ${lastsMs} ms`);
        return outages.regionAway(home, lastsMs);
      case 'stop-remote-store':
        on(`${remote}, away for ${lastsMs} ms`);
        return outages.regionAway(remote, lastsMs);
      case 'duplicate-batches':
        return on(`${await kafka.duplicate(pick)} events again`);
      case 'republish':
        return on(`${await kafka.republish(pick)} events again`);
      case 'reset-offsets':
        return on(`${projector}, ${await kafka.resetOffsets(projector, pick)} partitions`);
      case 'unknown-type-then-upgrade':
        on(`${projector}, an older version for ${lastsMs} ms`);
        await replaceBy('older-version', replicas);
        await pause(lastsMs);
        return replaceBy(undefined, replicas);
      case 'park-and-retry':
        await replaceBy('stumbling-version', replicas);
        await pause(lastsMs);
        await replaceBy(undefined, replicas);
        return on(
          `${projector}, ${await retryParked(engines, system, projector)} aggregates after ${lastsMs} ms`,
        );
      case 'kill-node':
      case 'pause-node':
      case 'two-nodes-away':
      case 'slow-node':
        return outages.harmNodes({ kind, lastsMs, pick }, on);
      case 'empty-kafka':
        return on(`${await kafka.emptyAndRepublish()} events again`);
    }
  };
}
