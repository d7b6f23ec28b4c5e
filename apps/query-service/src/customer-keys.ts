import { setTimeout as pause } from 'node:timers/promises';
import type { KeyCopies, KeyState } from '@meridian/sealing/unsealing';

/** Who asks for a key, and until when. */
export interface KeyAsking {
  readonly customerId: string;
  /** By when the question should have been answered. */
  readonly deadline: Date;
  readonly signal: AbortSignal;
  /** Whether a key is the one that is needed. The region may still have an earlier key. */
  fits(key: Buffer): boolean;
  /** Is called before a wait begins, and gives a function to call at its end. What it throws ends the call. */
  readonly onWait?: () => () => void;
  /** A look for the key that has begun already. Without one, a look begins. */
  readonly early?: EarlyLook;
}

/** A look for a key that is under way. */
export interface EarlyLook {
  readonly beganMs: number;
  readonly state: Promise<KeyState>;
}

/** The customers' keys as one region has them. */
export interface CustomerKeys {
  /** Begins a look for a key, beside the read of what the key opens. A failure is told to whoever goes on with the look. */
  look(customerId: string): EarlyLook;
  /**
   * The customer's key; undefined once destroyed. One that was not copied here yet is waited for, with all others who wait for it, until
   * shortly before the deadline. Rejects with KeyNotCopiedError then, or at once when too many wait; with the signal's reason; or with the
   * store's error.
   */
  keyOf(asking: KeyAsking): Promise<Buffer | undefined>;
}

/** The key has not been copied to this region yet. */
export class KeyNotCopiedError extends Error {
  override readonly name = 'KeyNotCopiedError';
}

/** The bounds of waiting. */
export interface CustomerKeysOptions {
  readonly copies: Pick<KeyCopies, 'find'>;
  /** The first pause between two looks for one key; it doubles up to the longest. */
  readonly firstPauseMs?: number;
  readonly longestPauseMs?: number;
  /** How many may wait for keys at once. */
  readonly maxWaiting?: number;
}

interface Waiter {
  readonly asking: KeyAsking;
  settle(key: Buffer | undefined): void;
  fail(error: unknown): void;
}

/** What those who wait for one customer's key share. */
interface Line {
  readonly waiters: Set<Waiter>;
}

/** How long before the deadline a wait ends, so that the caller still hears what is wrong. */
const ANSWER_MS = 40;

/** A longer timer would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The keys of one region. However many wait for a key, there is one look for it at a time, at growing intervals. */
export function createCustomerKeys(options: CustomerKeysOptions): CustomerKeys {
  const { copies, firstPauseMs = 20, longestPauseMs = 320, maxWaiting = 10_000 } = options;
  const lines = new Map<string, Line>();
  let waiting = 0;

  async function look(customerId: string, line: Line): Promise<void> {
    for (let pauseMs = firstPauseMs; line.waiters.size > 0; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      await pause(pauseMs);
      if (line.waiters.size === 0) break;
      try {
        const state = await copies.find(customerId);
        for (const { asking, settle } of [...line.waiters]) if (isIt(state, asking)) settle(keyIn(state));
      } catch (error) {
        for (const { fail } of [...line.waiters]) fail(error);
      }
    }
    lines.delete(customerId);
  }

  async function wait(asking: KeyAsking, lookMs: number): Promise<Buffer | undefined> {
    const { customerId, deadline, signal } = asking;
    const leftMs = deadline.getTime() - Date.now() - ANSWER_MS - 2 * lookMs;
    if (waiting >= maxWaiting || leftMs <= 0) throw new KeyNotCopiedError();
    const stopWaiting = asking.onWait?.();
    const known = lines.get(customerId);
    const line = known ?? { waiters: new Set() };
    const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
    const leave = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', withdraw);
      if (line.waiters.delete(waiter)) waiting--;
    };
    const waiter: Waiter = {
      asking,
      settle(key) {
        leave();
        resolve(key);
      },
      fail(error) {
        leave();
        reject(asError(error));
      },
    };
    const withdraw = () => waiter.fail(signal.reason);
    const timer = setTimeout(() => waiter.fail(new KeyNotCopiedError()), Math.min(leftMs, LONGEST_TIMER_MS));
    signal.addEventListener('abort', withdraw);
    line.waiters.add(waiter);
    waiting++;
    if (!known) {
      lines.set(customerId, line);
      void look(customerId, line);
    }
    return promise.finally(stopWaiting);
  }

  function begin(customerId: string): EarlyLook {
    // Others wait for this key: this question shares their looks.
    const isLooked = lines.has(customerId);
    const state = isLooked ? Promise.resolve<KeyState>({ kind: 'missing' }) : copies.find(customerId);
    state.catch(() => undefined);
    return { beganMs: Date.now(), state };
  }

  return {
    look: begin,
    async keyOf(asking) {
      asking.signal.throwIfAborted();
      const { beganMs, state: looked } = asking.early ?? begin(asking.customerId);
      const state = await looked;
      if (isIt(state, asking)) return keyIn(state);
      asking.signal.throwIfAborted();
      return wait(asking, Date.now() - beganMs);
    },
  };
}

const asError = (error: unknown) =>
  error instanceof Error ? error : new Error('the key could not be looked for', { cause: error });

const keyIn = (state: KeyState) => (state.kind === 'present' ? state.key : undefined);

function isIt(state: KeyState, { fits }: KeyAsking): boolean {
  return state.kind === 'destroyed' || (state.kind === 'present' && fits(state.key));
}
