/** One run at a time, however many ask for its outcome. */
export class SharedRun<T> {
  #running: Promise<T> | null = null;

  join(step: () => Promise<T>): Promise<T> {
    if (this.#running !== null) return this.#running;
    const running = step().finally(() => {
      if (this.#running === running) this.#running = null;
    });
    this.#running = running;
    return running;
  }

  /** Whoever asks from now on gets a run of their own. */
  forget(): void {
    this.#running = null;
  }
}
