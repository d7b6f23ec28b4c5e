import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from './random.ts';

/** What a fault takes away while it lasts, and what it cannot do without. */
export interface Claims {
  readonly takes: readonly string[];
  readonly needs: readonly string[];
}

/** When a fault of a wave begins, after the wave's begin, and how long it lasts. */
export interface Placed {
  readonly afterMs: number;
  readonly lastsMs: number;
}

/** A kind of fault, or some that always come together. */
export type Unit<Kind> = Kind | readonly Kind[];

/** How many faults come together: three of four waves overlap. */
const SIZES = [1, 2, 2, 3];
/** What joins a fault does so before that is nearly over. */
const LATEST_SHARE = 0.8;

/** Whether two faults may be active at the same time: neither takes what the other takes or needs. */
export function mayMeet(a: Claims, b: Claims): boolean {
  const meets = (taken: readonly string[], used: readonly string[]) =>
    taken.some((name) => used.includes(name));
  return !meets(a.takes, [...b.takes, ...b.needs]) && !meets(b.takes, a.needs);
}

/**
 * Puts every kind into one wave, in the order given as far as it goes: faults of a wave overlap, waves do not. `join` draws a fault
 * of a kind that may be active together with those of the wave; undefined when there is none. In an empty wave there must be one,
 * and kinds that come together must be able to.
 */
export function inWaves<Kind, Fault>(
  random: Random,
  units: readonly Unit<Kind>[],
  join: (kind: Kind, wave: readonly Fault[]) => Fault | undefined,
): readonly (readonly Fault[])[] {
  const left = units.map((unit) => [unit].flat() as readonly Kind[]);
  const waves: Fault[][] = [];
  let sizes: number[] = [];
  while (left.length > 0) {
    if (sizes.length === 0) sizes = random.shuffled(SIZES);
    waves.push(nextWave(left, sizes.shift() ?? 1, join));
  }
  return waves;
}

function nextWave<Kind, Fault>(
  left: (readonly Kind[])[],
  size: number,
  join: (kind: Kind, wave: readonly Fault[]) => Fault | undefined,
): Fault[] {
  const wave: Fault[] = [];
  for (const kind of left.shift() ?? []) {
    const fault = join(kind, wave);
    if (fault === undefined) throw new Error(`${String(kind)} cannot come together with what it should`);
    wave.push(fault);
  }
  for (let index = 0; index < left.length && wave.length < size;) {
    const [kind, ...others] = left[index] ?? [];
    const fault = kind === undefined || others.length > 0 ? undefined : join(kind, wave);
    if (fault === undefined) index += 1;
    else {
      wave.push(fault);
      left.splice(index, 1);
    }
  }
  return wave;
}

/** Lets the first fault that lasts begin at once, and the others while it does. */
export function spread<Fault extends { readonly lastsMs: number }>(
  random: Random,
  faults: readonly Fault[],
): readonly (Fault & Placed)[] {
  const first = Math.max(
    0,
    faults.findIndex(({ lastsMs }) => lastsMs > 0),
  );
  const untilMs = Math.floor((faults[first]?.lastsMs ?? 0) * LATEST_SHARE);
  return faults.map((fault, index) => ({
    ...fault,
    afterMs: index === first ? 0 : random.whole(0, untilMs),
  }));
}

/** How long a wave lasts, from its begin to the planned end of its last fault. */
export function lengthOf(faults: readonly Placed[]): number {
  return Math.max(0, ...faults.map(({ afterMs, lastsMs }) => afterMs + lastsMs));
}

/** Does the faults of a wave, each at its time. Resolves when all are healed; rejects then too, when one of them failed. */
export async function runWave<Fault extends Placed>(
  faults: readonly Fault[],
  inject: (fault: Fault) => Promise<void>,
): Promise<void> {
  const results = await Promise.allSettled(
    faults.map(async (fault) => {
      await pause(fault.afterMs);
      await inject(fault);
    }),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** A wave for people: what comes together, and from when to when after the wave's begin. */
export function waveText<Fault extends Placed>(
  faults: readonly Fault[],
  name: (fault: Fault) => string,
): string {
  return faults
    .toSorted((a, b) => a.afterMs - b.afterMs)
    .map((fault) => {
      const until = fault.lastsMs > 0 ? ` to ${seconds(fault.afterMs + fault.lastsMs)}` : '';
      return faults.length === 1 && until === ''
        ? name(fault)
        : `${name(fault)} (${seconds(fault.afterMs)}${until})`;
    })
    .join(' + ');
}
