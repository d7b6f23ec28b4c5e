/**
 * Watches whether what waits to be taken moves: `onIdle` is called once nothing was taken for `idleMs` although something waits.
 * One timer serves many messages. When it ends, it looks at the time of the last of them.
 */
export class Pace {
  readonly #idleMs: number;
  readonly #onIdle: () => void;
  #waiting = 0;
  /** When a message was taken, or began to wait alone. */
  #movedMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(idleMs: number, onIdle: () => void) {
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
  }

  /** Something waits from now on. */
  sent(): void {
    if (this.#waiting === 0) this.#movedMs = performance.now();
    this.#waiting += 1;
    if (!this.#timer && !this.#isOver) this.#lookIn(this.#idleMs);
  }

  /** Something that waited was taken. */
  taken(): void {
    this.#waiting -= 1;
    this.#movedMs = performance.now();
  }

  /** Nobody waits any more. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #lookIn(ms: number): void {
    this.#timer = setTimeout(() => this.#look(), ms).unref();
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#waiting === 0) return;
    const leftMs = this.#movedMs + this.#idleMs - performance.now();
    if (leftMs > 0) this.#lookIn(leftMs);
    else this.#onIdle();
  }
}
