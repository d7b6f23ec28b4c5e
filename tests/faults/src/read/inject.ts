import type { MysqlPool } from '@meridian/mysql';
import { setTimeout as pause } from 'node:timers/promises';
import type { FaultyEngines } from '../system/engines.ts';
import { strikes, type Strike } from '../system/strike.ts';
import { kafkaFaults } from './kafka-faults.ts';
import { engineFaults, type EngineFaults } from './engine-faults.ts';
import type { Fault, FaultKind } from './schedule.ts';
import type { ProjectorReplica, ReadSystem } from './system.ts';
import { replaceBy, retryParked } from './versions.ts';

const STRIKES_WITHIN_MS = 15_000;

/** A fault, and whom it may harm. */
export interface Injected extends Fault {
  /** The process that is harmed, of the kinds that harm one. */
  readonly one: ProjectorReplica;
  /** All processes of its read model, of the kinds that harm all. */
  readonly all: readonly ProjectorReplica[];
  /** Says what is done. */
  on(what: string): void;
  /** Says that there was nothing to harm. */
  hitNothing(): void;
}

/** Does faults, and knows which of them harmed nothing. */
export interface Injector {
  /** Does one fault, also beside others that the schedule lets meet. Resolves when it is healed. */
  inject(fault: Fault): Promise<void>;
  /** How many faults had nothing to harm. */
  hitNothing(): number;
}

/** Does one kind of fault. Resolves when it is healed. */
type Inject = (fault: Injected) => Promise<void>;

type Injectors<Kind extends FaultKind> = Readonly<Record<Kind, Inject>>;

/** Does the faults of a run. */
export function injector(
  engines: FaultyEngines,
  system: ReadSystem,
  pool: MysqlPool,
  say: (line: string) => void,
): Injector {
  const outages = engineFaults(engines);
  const injectors: Injectors<FaultKind> = {
    ...ofProjectors(outages),
    ...ofVersions(engines, system),
    ...ofEngines(engines.regions, outages),
    ...ofKafka(kafkaFaults(engines, system, pool)),
  };
  let misses = 0;
  return {
    async inject(fault) {
      const { kind, replica, projector } = fault;
      const one = system.projectors[replica];
      if (!one) throw new Error(`there is no process ${replica} of the projectors`);
      const all = system.projectors.filter((each) => each.projector === projector);
      const on = (what: string) => say(`${kind}: ${what}`);
      const hitNothing = () => {
        misses += 1;
        on('hit nothing');
      };
      await injectors[kind]({ ...fault, one, all, on, hitNothing });
    },
    hitNothing: () => misses,
  };
}

async function killed({ one: { process }, lastsMs }: Injected): Promise<void> {
  await process.kill();
  await pause(lastsMs);
  await process.start();
}

/** Cuts the connection that commits offsets. */
const cutOf = ({ kafkaProxy }: ProjectorReplica): Strike => ({
  arm: () => kafkaProxy.cutNext('before'),
  disarm: () => kafkaProxy.cutNext(undefined),
  count: () => kafkaProxy.cuts(),
});

/** Loses a write. */
const lossOf = ({ storeProxy }: Pick<ProjectorReplica, 'storeProxy'>): Strike => ({
  arm: () => storeProxy.loseNext(),
  disarm: () => storeProxy.letPass(),
  count: () => storeProxy.held(),
});

/** Holds a write for so long. */
const holdOf = ({ storeProxy }: ProjectorReplica, ms: number): Strike => ({
  ...lossOf({ storeProxy }),
  arm: () => storeProxy.holdNext(ms),
});

/** Faults of processes and of what they send. */
export function ofProjectors(
  outages: Pick<EngineFaults, 'whenHealed'>,
  { strikesWithinMs = STRIKES_WITHIN_MS } = {},
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
      away(fault);
      if (!(await strikes(cutOf(fault.one), strikesWithinMs))) fault.hitNothing();
      await killed(fault);
    },
    async 'kill-while-writing'(fault) {
      away(fault);
      if (!(await strikes(lossOf(fault.one), strikesWithinMs))) fault.hitNothing();
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
    async 'late-write'({ on, one, lastsMs, hitNothing }) {
      on(`${one.process.name}, held for ${lastsMs} ms`);
      // It is over when the write has come.
      if (await strikes(holdOf(one, lastsMs), strikesWithinMs)) await pause(lastsMs);
      else hitNothing();
    },
    async 'lost-write'({ on, one, lastsMs, hitNothing }) {
      on(one.process.name);
      if (await strikes(lossOf(one), strikesWithinMs)) await pause(lastsMs);
      else hitNothing();
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
    async 'park-and-retry'({ on, all, projector, lastsMs, hitNothing }) {
      await replaceBy('stumbling-version', all);
      await pause(lastsMs);
      await replaceBy(undefined, all);
      const retried = await retryParked(engines, system, projector);
      on(`${projector}, ${retried} aggregates after ${lastsMs} ms`);
      if (retried === 0) hitNothing();
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
  const told = ({ on, hitNothing }: Injected, harmed: number, what: string) => {
    on(what);
    if (harmed === 0) hitNothing();
  };
  const again = (fault: Injected, events: number) => told(fault, events, `${events} events again`);
  return {
    'duplicate-batches': async (fault) => again(fault, await kafka.duplicate(fault.pick)),
    republish: async (fault) => again(fault, await kafka.republish(fault.pick)),
    async 'reset-offsets'(fault) {
      const { projector, pick } = fault;
      const moved = await kafka.resetOffsets(projector, pick);
      told(fault, moved, `${projector}, ${moved} partitions`);
    },
    'empty-kafka': async (fault) => again(fault, await kafka.emptyAndRepublish()),
  };
}
