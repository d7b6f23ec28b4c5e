import type { MysqlPool } from '@meridian/mysql';
import { setTimeout as pause } from 'node:timers/promises';
import type { FaultyEngines } from '../system/engines.ts';
import { rises } from '../system/rises.ts';
import { kafkaFaults } from './kafka-faults.ts';
import { engineFaults, type EngineFaults } from './engine-faults.ts';
import type { Fault, FaultKind } from './schedule.ts';
import type { ProjectorReplica, ReadSystem } from './system.ts';
import { replaceBy, retryParked } from './versions.ts';

const RISES_WITHIN_MS = 15_000;

/** A fault, and whom it may harm. */
interface Injected extends Fault {
  /** The process that is harmed, of the kinds that harm one. */
  readonly one: ProjectorReplica;
  /** All processes of its read model, of the kinds that harm all. */
  readonly all: readonly ProjectorReplica[];
  /** Says what is done. */
  on(what: string): void;
}

/** Does one kind of fault. Resolves when it is healed. */
type Inject = (fault: Injected) => Promise<void>;

type Injectors<Kind extends FaultKind> = Readonly<Record<Kind, Inject>>;

/** Does faults, also several at a time that the schedule lets meet. Each resolves when it is healed. */
export function injector(
  engines: FaultyEngines,
  system: ReadSystem,
  pool: MysqlPool,
  say: (line: string) => void,
): (fault: Fault) => Promise<void> {
  const outages = engineFaults(engines);
  const injectors: Injectors<FaultKind> = {
    ...ofProjectors(outages),
    ...ofVersions(engines, system),
    ...ofEngines(engines.regions, outages),
    ...ofKafka(kafkaFaults(engines, system, pool)),
  };
  return async (fault) => {
    const { kind, replica, projector } = fault;
    const one = system.projectors[replica];
    if (!one) throw new Error(`there is no process ${replica} of the projectors`);
    const all = system.projectors.filter((each) => each.projector === projector);
    await injectors[kind]({ ...fault, one, all, on: (what) => say(`${kind}: ${what}`) });
  };
}

async function killed({ one: { process }, lastsMs }: Injected): Promise<void> {
  await process.kill();
  await pause(lastsMs);
  await process.start();
}

function ofProjectors(
  outages: EngineFaults,
): Injectors<
  | 'kill-before-commit'
  | 'kill-while-writing'
  | 'kill-projector'
  | 'zombie'
  | 'join-and-leave'
  | 'stop-projector'
  | 'late-write'
  | 'lost-write'
> {
  const away = ({ on, one, lastsMs }: Injected) => on(`${one.process.name}, away for ${lastsMs} ms`);
  return {
    async 'kill-before-commit'(fault) {
      const { kafkaProxy } = fault.one;
      away(fault);
      kafkaProxy.cutNext('before');
      await rises(() => kafkaProxy.cuts(), RISES_WITHIN_MS);
      await killed(fault);
    },
    async 'kill-while-writing'(fault) {
      const { storeProxy } = fault.one;
      away(fault);
      storeProxy.loseNext();
      await rises(() => storeProxy.held(), RISES_WITHIN_MS);
      await killed(fault);
    },
    async 'kill-projector'(fault) {
      away(fault);
      await killed(fault);
    },
    async zombie({ on, one: { process }, lastsMs }) {
      on(`${process.name}, asleep for ${lastsMs} ms`);
      process.signal('SIGSTOP');
      await pause(lastsMs);
      process.signal('SIGCONT');
    },
    async 'join-and-leave'(fault) {
      const { process } = fault.one;
      away(fault);
      await process.end();
      await pause(fault.lastsMs);
      await process.start();
    },
    async 'stop-projector'({ on, all, projector, lastsMs }) {
      on(`${projector}, away for ${lastsMs} ms`);
      await Promise.all(all.map(({ process }) => process.end()));
      await pause(lastsMs);
      // A process that comes back into an outage knows that the region missed something. One that comes back after it has to find out.
      await outages.whenHealed();
      await Promise.all(all.map(({ process }) => process.start()));
    },
    async 'late-write'({ on, one: { process, storeProxy }, lastsMs }) {
      on(`${process.name}, held for ${lastsMs} ms`);
      storeProxy.holdNext(lastsMs);
      await pause(lastsMs);
    },
    async 'lost-write'({ on, one: { process, storeProxy }, lastsMs }) {
      on(process.name);
      storeProxy.loseNext();
      await pause(lastsMs);
    },
  };
}

function ofVersions(
  engines: FaultyEngines,
  system: ReadSystem,
): Injectors<'unknown-type-then-upgrade' | 'park-and-retry'> {
  return {
    async 'unknown-type-then-upgrade'({ on, all, projector, lastsMs }) {
      on(`${projector}, an older version for ${lastsMs} ms`);
      await replaceBy('older-version', all);
      await pause(lastsMs);
      await replaceBy(undefined, all);
    },
    async 'park-and-retry'({ on, all, projector, lastsMs }) {
      await replaceBy('stumbling-version', all);
      await pause(lastsMs);
      await replaceBy(undefined, all);
      const retried = await retryParked(engines, system, projector);
      on(`${projector}, ${retried} aggregates after ${lastsMs} ms`);
    },
  };
}

function ofEngines(
  [home = '', remote = '']: readonly string[],
  outages: EngineFaults,
): Injectors<
  | 'kill-kafka'
  | 'stop-home-store'
  | 'stop-remote-store'
  | 'kill-node'
  | 'pause-node'
  | 'two-nodes-away'
  | 'slow-node'
> {
  const regionAway =
    (region: string): Inject =>
    ({ on, lastsMs }) => {
      on(`${region}, away for ${lastsMs} ms`);
      return outages.regionAway(region, lastsMs);
    };
  const harmNodes =
    (kind: Parameters<EngineFaults['harmNodes']>[0]['kind']): Inject =>
    ({ on, lastsMs, pick }) =>
      outages.harmNodes({ kind, lastsMs, pick }, on);
  return {
    'kill-kafka': ({ on, lastsMs }) => {
      on(`away for ${lastsMs} ms`);
      return outages.kafkaAway(lastsMs);
    },
    'stop-home-store': regionAway(home),
    'stop-remote-store': regionAway(remote),
    'kill-node': harmNodes('kill-node'),
    'pause-node': harmNodes('pause-node'),
    'two-nodes-away': harmNodes('two-nodes-away'),
    'slow-node': harmNodes('slow-node'),
  };
}

function ofKafka(
  kafka: ReturnType<typeof kafkaFaults>,
): Injectors<'duplicate-batches' | 'republish' | 'reset-offsets' | 'empty-kafka'> {
  return {
    'duplicate-batches': async ({ on, pick }) => on(`${await kafka.duplicate(pick)} events again`),
    republish: async ({ on, pick }) => on(`${await kafka.republish(pick)} events again`),
    'reset-offsets': async ({ on, projector, pick }) =>
      on(`${projector}, ${await kafka.resetOffsets(projector, pick)} partitions`),
    'empty-kafka': async ({ on }) => on(`${await kafka.emptyAndRepublish()} events again`),
  };
}
