import { Run } from "./run.js";
import { linkToken, problemOf } from "./token.js";
import type { LinkHandler, LinkOptions } from "./types.js";

/** One configured Link. It shows at most one at a time and leaves nothing behind in the page. */
export class Handler implements LinkHandler {
  readonly ready: Promise<void>;
  readonly #options: LinkOptions;
  #run: Run | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.ready = makeReady(options);
    // Who does not ask for `ready` hears of the failure in `onExit`.
    this.ready.catch(() => undefined);
  }

  open(): void {
    this.#run ??= new Run(this.#options, () => {
      this.#run = null;
    });
  }

  exit({ force = false } = {}): void {
    this.#run?.exit(force);
  }

  destroy(): void {
    this.#run?.abandon();
  }
}

async function makeReady({ token, apiBaseUrl }: LinkOptions): Promise<void> {
  const problem = problemOf(token, apiBaseUrl);
  if (problem) throw problem;
  if (typeof token !== "function") await linkToken(token);
}
