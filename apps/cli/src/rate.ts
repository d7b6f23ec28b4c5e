/** The speed of some work, by what was done in the last seconds. */
export interface Rate {
  /** Records how much is done now. */
  seen(done: number): void;
  /** How much is done per second; undefined while that is unknown. */
  perSecond(): number | undefined;
  /** How long the rest takes at that rate, in seconds; undefined while the rate is unknown or zero. */
  secondsLeft(total: number): number | undefined;
}

const WINDOW_MS = 10_000;
const APART_MS = 250;

/** Makes a rate; work from before the first record does not count. */
export function createRate(nowMs: () => number = () => performance.now()): Rate {
  const looks: { readonly atMs: number; readonly done: number }[] = [];
  let newest: { readonly atMs: number; readonly done: number } | undefined;
  function perSecond(): number | undefined {
    const [oldest] = looks;
    if (!oldest || !newest || newest.atMs - oldest.atMs < APART_MS) return undefined;
    return ((newest.done - oldest.done) * 1_000) / (newest.atMs - oldest.atMs);
  }
  return {
    seen(done) {
      newest = { atMs: nowMs(), done };
      const last = looks.at(-1);
      if (!last || newest.atMs - last.atMs >= APART_MS) looks.push(newest);
      while (looks.length > 2 && newest.atMs - (looks[0]?.atMs ?? 0) > WINDOW_MS) looks.shift();
    },
    perSecond,
    secondsLeft(total) {
      const rate = perSecond();
      return newest && rate !== undefined && rate > 0 ? Math.max(0, total - newest.done) / rate : undefined;
    },
  };
}

/** A rate and a time left in words: `1950/s · 3 min left`. */
export function paceInWords(rate: Rate, total: number): string {
  const [perSecond, left] = [rate.perSecond(), rate.secondsLeft(total)];
  if (perSecond === undefined) return '–/s';
  return `${Math.round(perSecond)}/s${left === undefined ? '' : ` · ${timeInWords(left)} left`}`;
}

function timeInWords(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
