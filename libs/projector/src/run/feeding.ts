import type { GenerationRegister } from '@meridian/read-store';
import type { ProjectionStatus } from './run-projection.ts';

/** A generation that this process feeds, or should know about. */
export interface FedGeneration {
  readonly generation: number;
  /** Whether questions are answered from it. */
  readonly isLive: boolean;
  /** Whether this process is a member of the group that feeds it. */
  readonly isFed: boolean;
}

/** What feeding does at the moment. */
export interface FeedingStatus extends ProjectionStatus {
  /** The live generation, whoever feeds it, and all that this process has begun to feed. */
  readonly generations: readonly FedGeneration[];
  /** What an operator has to do before this process can feed the live generation; undefined where nobody has to do anything. */
  readonly advice: string | undefined;
}

type Answering = Pick<GenerationRegister, 'live' | 'previous'>;
type Statuses = ReadonlyMap<number, ProjectionStatus | undefined>;

/**
 * What a process does for a read model, by the register and by the generations that it feeds. The process has joined
 * when it feeds the live generation, or the previous one, which a rollback would make live again. A process that fills
 * a generation for a later promotion has not joined. Otherwise a roll-out would go on, and end the processes that feed
 * the live generation.
 */
export function feedingOf({ live, previous }: Answering, fed: Statuses, advice?: string): FeedingStatus {
  const isFed = (generation: number) => fed.get(generation)?.hasJoined === true;
  const statuses = [...fed.values()].filter((status) => status !== undefined);
  return {
    advice,
    hasJoined: isFed(live) || (previous !== undefined && isFed(previous)),
    assigned: statuses.flatMap(({ assigned }) => assigned),
    foreign: statuses.flatMap(({ foreign }) => foreign),
    lastActivityAt: Math.min(Date.now(), ...statuses.map(({ lastActivityAt }) => lastActivityAt)),
    generations: [...new Set([live, ...fed.keys()])].map((generation) => ({
      generation,
      isLive: generation === live,
      isFed: isFed(generation),
    })),
  };
}

/** What an operator has to know and do while a process does not feed the live generation. Undefined while it does. */
export function adviceOf(
  register: GenerationRegister,
  projector: string,
  version: number,
  wanted: readonly { readonly generation: number }[],
): string | undefined {
  const { live, generations } = register;
  const of = generations.find(({ generation }) => generation === live)?.version;
  if (of === version) return undefined;
  const keep = `keep projectors of version ${of ?? '?'} running: they feed generation ${live}, which answers`;
  const newest = wanted.at(-1)?.generation;
  return newest === undefined
    ? `no generation of this version: this process feeds nothing and is not ready; ${keep}; then: meridian projections rebuild ${projector}`
    : `generation ${newest} of this version does not answer; ${keep}, until: meridian projections promote ${projector} ${newest}`;
}
