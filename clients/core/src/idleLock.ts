// Locks by the clock, not by counting: a laptop that slept past the time locks when it wakes.

const CHECK_EVERY_MS = 5_000;
const SLIDE_EVERY_MS = 60_000;
// Of the idle time, so that a short one is asked for anew before it is over.
const SLIDE_EVERY_PART = 4;

/** Where a page hears of a person, and of having been away. */
export type IdleEvents = Pick<Document, "addEventListener" | "removeEventListener">;

export class IdleLock {
  #locksAt = Infinity;
  #slidAt = 0;
  #slideEvery = SLIDE_EVERY_MS;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(
    private readonly page: IdleEvents,
    private readonly now: () => number,
    private readonly onIdle: () => void,
    /** Called while somebody is there, at most once a minute and four times an idle time; asks the relay for more time. */
    private readonly onUse: () => void,
  ) {}

  /** Starts, or moves the time (ms since 1970 by `now`) at which it locks. */
  lockAt(time: number): void {
    this.#locksAt = time;
    this.#slideEvery = Math.min(SLIDE_EVERY_MS, (time - this.now()) / SLIDE_EVERY_PART);
    if (this.#timer !== null) return;
    this.#slidAt = this.now();
    this.#timer = setInterval(this.#check, CHECK_EVERY_MS);
    for (const name of ["visibilitychange", "focusin"]) this.page.addEventListener(name, this.#check);
    for (const name of ["pointerdown", "keydown"])
      this.page.addEventListener(name, this.#used, { capture: true });
  }

  stop(): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    for (const name of ["visibilitychange", "focusin"]) this.page.removeEventListener(name, this.#check);
    for (const name of ["pointerdown", "keydown"])
      this.page.removeEventListener(name, this.#used, { capture: true });
  }

  readonly #check = (): void => {
    if (this.#timer === null || this.now() < this.#locksAt) return;
    this.stop();
    this.onIdle();
  };

  readonly #used = (): void => {
    this.#check();
    if (this.#timer === null || this.now() - this.#slidAt < this.#slideEvery) return;
    this.#slidAt = this.now();
    this.onUse();
  };
}
