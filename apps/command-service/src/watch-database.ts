/** Whether the database answers, looked at all the time. */
export interface DatabaseWatch {
  /** By the last look, which is never older than about a second and a half. */
  answers(): boolean;
  stop(): void;
}

/** What to ask the database, how often, and whom to tell. */
export interface DatabaseWatchOptions {
  /** Asks the database something that costs it nothing, over a connection that nobody else uses. */
  readonly ask: () => Promise<unknown>;
  readonly everyMs?: number;
  /** A database that takes longer for an answer is silent. */
  readonly withinMs?: number;
  /** Told of every change, and of the first answer or silence. */
  readonly onChange: (isAnswering: boolean) => void;
}

/** Begins to look. A single lost connection is no silence: the database is asked again at once. */
export function watchDatabase(options: DatabaseWatchOptions): DatabaseWatch {
  const { ask, everyMs = 500, withinMs = 1_000, onChange } = options;
  let last: boolean | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    const first = await replyOf(ask, withinMs);
    const reply = first === 'failed' ? await replyOf(ask, withinMs) : first;
    const isAnswering = reply === 'answered';
    if (stopped) return;
    if (isAnswering !== last) {
      last = isAnswering;
      onChange(isAnswering);
    }
    timer = setTimeout(() => void look(), everyMs);
  }
  void look();

  return {
    answers: () => last === true,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

type Reply = 'answered' | 'failed' | 'silent';

function replyOf(ask: () => Promise<unknown>, withinMs: number): Promise<Reply> {
  const { promise, resolve } = Promise.withResolvers<Reply>();
  // Timers come before what has arrived meanwhile, in an event loop that was held up: that is looked at first.
  const timer = setTimeout(() => setImmediate(() => resolve('silent')), withinMs);
  void ask()
    .then(
      () => resolve('answered'),
      () => resolve('failed'),
    )
    .finally(() => clearTimeout(timer));
  return promise;
}
