import { call } from "./callbacks.js";
import type { Display, DisplayEvents } from "./display.js";
import { LinkFailure } from "./errors.js";
import { LinkEvent } from "./events.js";
import { Frame } from "./frame.js";
import { Here } from "./here.js";
import type { FrameMessage } from "./messages.js";
import { Progress } from "./progress.js";
import { tellReturned } from "./resume.js";
import type { Returned } from "./returned.js";
import { Tab } from "./tab.js";
import { linkToken, pageUrl, problemOf } from "./token.js";
import type { LinkDisplay, LinkError, LinkEventMetadata, LinkExitStatus, LinkOptions } from "./types.js";

const EXIT_ANSWER_MS = 1_000;
const DISPLAYS: Record<LinkDisplay, new (events: DisplayEvents) => Display> = {
  window: Frame,
  hosted: Tab,
  redirect: Here,
};

/** From one `open()` to its one ending. */
export class Run {
  readonly #options: LinkOptions;
  readonly #onOver: () => void;
  readonly #progress = new Progress();
  #display: Display | null = null;
  #isOver = false;
  #isLoaded = false;
  #exitTimer: ReturnType<typeof setTimeout> | undefined;

  /** `onOver` is called when nothing is on screen any more, before the app is told; never before this has returned. */
  constructor(options: LinkOptions, onOver: () => void) {
    this.#options = options;
    this.#onOver = onOver;
    const { token, apiBaseUrl, display = "window" } = options;
    const problem = problemOf(token, apiBaseUrl);
    if (problem) {
      queueMicrotask(() => {
        this.#fail(problem);
      });
      return;
    }
    this.#display = new DISPLAYS[display](this.#events());
    this.#load(this.#display).catch((failure: unknown) => {
      if (!(failure instanceof LinkFailure)) throw failure;
      this.#fail(failure);
    });
  }

  exit(force: boolean): void {
    if (force || !this.#display?.askToExit()) this.#leave();
    // A frame that hangs must not keep the page covered.
    else
      this.#exitTimer ??= setTimeout(() => {
        this.#leave();
      }, EXIT_ANSWER_MS);
  }

  /** Ends without calling back. */
  abandon(): void {
    this.#isOver = true;
    clearTimeout(this.#exitTimer);
    this.#display?.remove();
    this.#onOver();
  }

  async #load(display: Display): Promise<void> {
    const { token, apiBaseUrl } = this.#options;
    const url = await pageUrl(apiBaseUrl, display.page, await linkToken(token));
    if (!this.#isOver) display.load(url);
  }

  #events(): DisplayEvents {
    return {
      onMessage: (message) => {
        this.#hear(message);
      },
      onReturn: (returned) => {
        this.#return(returned);
      },
      onFail: (code) => {
        this.#fail(new LinkFailure(code));
      },
      onDismiss: () => {
        this.exit(false);
      },
      onGone: (status) => {
        this.#leave(status);
      },
    };
  }

  #hear(message: FrameMessage): void {
    switch (message.type) {
      case "1relay.frame.ready":
        break;
      case "1relay.frame.event":
        this.#tell(message.event, this.#progress.noteEvent(message.event, message.metadata));
        break;
      case "1relay.frame.success":
        this.abandon();
        this.#progress.note({ linkSessionId: message.result.linkSessionId });
        call(this.#options.onSuccess, message.result, this.#progress.metadata);
        break;
      case "1relay.frame.exit":
        this.#progress.note({ linkSessionId: message.metadata.linkSessionId });
        this.#end(message.error, message.metadata.status);
    }
  }

  #tell(name: string, metadata: LinkEventMetadata): void {
    // The first of these shows that the person has something to read, and that the session's id is known if it ever will be.
    if (!this.#isLoaded && (name === LinkEvent.OPEN || name === LinkEvent.ERROR)) {
      this.#isLoaded = true;
      call(this.#options.onLoad, this.#progress.metadata);
    }
    if (!this.#isOver) call(this.#options.onEvent, name, metadata);
  }

  #return(returned: Returned): void {
    this.abandon();
    tellReturned(this.#options, returned, this.#progress);
  }

  #leave(status: LinkExitStatus = this.#progress.status): void {
    if (this.#progress.mayBeGranted) this.#fail(new LinkFailure("approval_unknown"));
    else this.#end(null, status);
  }

  #fail(failure: LinkFailure): void {
    this.#end(failure.toLinkError(), failure.code === "window_blocked" ? failure.code : "failed");
  }

  /** Nothing is on screen any more when the callback runs: one that throws leaves no frame in the page. */
  #end(error: LinkError | null, status: LinkExitStatus): void {
    if (this.#isOver) return;
    this.abandon();
    if (error?.requestId) this.#progress.note({ requestId: error.requestId });
    call(this.#options.onExit, error, { ...this.#progress.metadata, status });
  }
}
