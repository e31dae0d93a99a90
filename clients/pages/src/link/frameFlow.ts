import type { LinkError, LinkExitStatus, LinkSuccess } from "../../../link-sdk/src/types.js";
import type { WindowMessage } from "../../../link-sdk/src/messages.js";
import { AppPort } from "./appPort.js";
import { showView } from "./dom.js";
import { Doubt } from "./doubt.js";
import { endedBecause, EXPIRED, linkError, type LinkSession, type SessionClient } from "./session.js";
import { onPageLeft, type Screen } from "./framePage.js";
import { endingOf, FrameReport } from "./frameReport.js";
import { SessionWatch } from "./sessionWatch.js";
import { WindowPort } from "./windowPort.js";

type WindowSaid = Exclude<WindowMessage, { type: "1relay.window.hello" | "1relay.window.ping" }>;

/** The frame's story: hello from the app, the session, the window, and one ending that reaches the app in every case. */
export class FrameFlow {
  readonly #client: SessionClient;
  readonly #screen: Screen;
  readonly #app: AppPort;
  readonly #watch: SessionWatch;
  readonly #report: FrameReport;
  readonly #doubt = new Doubt();
  #session: LinkSession | null = null;
  #window: WindowPort | null = null;
  #failure: LinkError | null = null;
  #isFinished = false;

  constructor(client: SessionClient, origins: string[], screen: Screen) {
    this.#client = client;
    this.#screen = screen;
    this.#watch = new SessionWatch(client, {
      onExpired: () => {
        // What is on its way is answered by the relay.
        if (!this.#doubt.isUnderWay) this.#fail(EXPIRED);
      },
      onRead: (session) => {
        this.#look(session);
      },
      onEnded: (failure) => {
        this.#fail(linkError(failure));
      },
    });
    this.#app = new AppPort(origins, {
      onHello: (origin) => {
        this.#begin(origin);
      },
      onExitRequest: () => {
        this.exit();
      },
    });
    this.#report = new FrameReport(client, this.#app);
    onPageLeft(() => {
      this.#abandon();
    });
  }

  /** The click that opens the window, or brings the one already open to the front. */
  openWindow(): void {
    if (!this.#session || this.#isFinished) return;
    this.#window?.end({ close: true });
    this.#window = WindowPort.open(location.href.replace("/link/frame/", "/link/"), {
      appOrigin: () => this.#app.origin,
      onMessage: (message) => {
        this.#hearWindow(message);
      },
      onClosed: (spoke) => {
        this.#windowClosed(spoke);
      },
    });
    if (this.#window) {
      this.#report.event("OPEN_WINDOW");
      this.#report.show("window", "window_open");
    } else {
      this.#report.event("WINDOW_BLOCKED");
      this.#report.show("blocked", "window_blocked");
    }
    this.#watch.poll(() => !this.#window?.spoke);
  }

  /** Reads the session again after a failure that may have passed. */
  retry(): void {
    const origin = this.#app.origin;
    if (this.#isFinished || origin === null) return;
    this.#failure = null;
    this.#report.show("loading", "not_started");
    this.#begin(origin);
  }

  /** The person leaves; not while an approval is on its way. */
  leave(): void {
    if (!this.#doubt.isUnderWay) this.exit();
  }

  focusWindow(): void {
    this.#window?.focus();
  }

  /** The person leaves, or the app asks to: one message, then the app's page takes the frame away. */
  exit(error: LinkError | null = this.#failure, left: LinkExitStatus = this.#report.status): void {
    if (this.#isFinished) return;
    const ending = endingOf(error, left, this.#doubt);
    this.#finish({ closeWindow: ending.closesWindow });
    this.#report.exited(ending);
  }

  #begin(origin: string): void {
    this.#screen.showOrigin(origin);
    this.#client
      .read()
      .then((session) => {
        this.#session = session;
        this.#report.sessionId = session.id;
        const ended = endedBecause(session);
        if (ended) {
          this.#fail(ended);
          return;
        }
        this.#screen.showSession(session);
        this.#watch.awaitExpiry(session);
        this.#report.event("OPEN");
        this.#report.show("intro", "not_started");
      })
      .catch((failure: unknown) => {
        this.#fail(linkError(failure));
      });
  }

  #hearWindow(message: WindowSaid): void {
    switch (message.type) {
      case "1relay.window.event":
        this.#report.status = message.metadata.exitStatus ?? this.#report.status;
        this.#doubt.hear(message.event, message.metadata);
        this.#screen.allowLeaving(!this.#doubt.isUnderWay);
        this.#report.event(message.event, message.metadata);
        break;
      case "1relay.window.approved":
        this.#handOver(message.result);
        break;
      case "1relay.window.exit":
        this.exit(message.error, message.error ? "failed" : this.#report.status);
    }
  }

  /** The token goes to the one origin that said hello, and nowhere else. */
  #handOver(result: LinkSuccess): void {
    const { id, connectionId } = this.#session ?? {};
    if (this.#isFinished || result.linkSessionId !== id || result.connectionId !== connectionId) return;
    this.#window?.send({ type: "1relay.frame.received" });
    this.#report.event("HANDOFF");
    // The window says goodbye and closes itself.
    this.#finish({ closeWindow: false });
    this.#app.send({ type: "1relay.frame.success", result });
    showView("done");
  }

  #windowClosed(spoke: boolean): void {
    this.#window = null;
    this.#doubt.windowClosed();
    this.#report.event("CLOSE_WINDOW");
    if (spoke) this.exit();
    // It never said hello: the browser may have cut it off from us, and it may still be on screen.
    else this.#report.show("blocked", "window_blocked");
  }

  /** A window without a handle ends by redirect: only the relay can tell. */
  #look(session: LinkSession): void {
    if (this.#isFinished || this.#window?.spoke) return;
    if (session.status === "authorized" || session.status === "exchanged")
      this.exit(null, "authorized_elsewhere");
    else if (session.status === "exited") this.exit(null, "budget_not_approved");
    else if (session.status === "expired") this.#fail(EXPIRED);
  }

  #fail(error: LinkError): void {
    if (this.#isFinished) return;
    this.#failure = error;
    this.#watch.stop();
    this.#window?.end({ close: true });
    this.#doubt.windowClosed();
    this.#screen.allowLeaving(true);
    this.#screen.showError(error);
    this.#report.failed(error);
  }

  #finish({ closeWindow }: { closeWindow: boolean }): void {
    this.#isFinished = true;
    this.#watch.stop();
    this.#window?.end({ close: closeWindow });
  }

  /**
   * The app's page was closed, or took the frame away without asking. With the window open that is the person's leaving; before,
   * it may be a component that is mounted again in a moment, with the same token.
   */
  #abandon(): void {
    if (this.#isFinished) return;
    if (this.#window) this.#client.tell("EXIT", this.#report.status);
    this.#finish({ closeWindow: true });
  }
}
