import type { DisplayEvents } from "./display.js";

const FULL: Partial<CSSStyleDeclaration> = {
  position: "fixed",
  inset: "0",
  width: "100%",
  height: "100%",
  maxWidth: "none",
  maxHeight: "none",
  margin: "0",
  padding: "0",
  border: "0",
};

export interface Cover {
  /** Puts the frame over the page. */
  show(iframe: HTMLIFrameElement): void;
  /** Takes everything away again; focus and scrolling are as before. */
  lift(): void;
}

/**
 * Covers the whole page with a modal dialog that waits for its frame.
 *
 * Styles are set one by one through the object model, which a page's `style-src` does not forbid. The dialog's own background
 * dims the page, so that nothing flashes while the frame, itself transparent, loads.
 */
export function coverPage({ onDismiss, onGone }: Pick<DisplayEvents, "onDismiss" | "onGone">): Cover {
  const focused = document.activeElement;
  const dialog = document.createElement("dialog");
  const ending = new AbortController();
  const { signal } = ending;
  dialog.setAttribute("aria-label", "Connect with 1Relay");
  Object.assign(dialog.style, FULL, { background: "rgb(15 19 30 / 52%)", overflow: "hidden" });
  dialog.addEventListener(
    "cancel",
    (event) => {
      event.preventDefault();
      onDismiss();
    },
    { signal },
  );
  // A browser lets nobody keep a dialog open against a second Escape.
  dialog.addEventListener("close", onDismiss, { signal });
  dialog.append(spinner());
  const unlockScroll = lockScroll();
  document.body.append(dialog);
  dialog.showModal();
  const unwatch = watchRemoval(dialog, onGone);
  return {
    show(iframe) {
      iframe.title = "1Relay Link";
      iframe.referrerPolicy = "no-referrer";
      // Equal colour schemes on both sides, else the browser paints an opaque canvas behind the frame.
      Object.assign(iframe.style, FULL, { background: "transparent", colorScheme: "light dark" });
      dialog.append(iframe);
      iframe.focus({ preventScroll: true });
    },
    lift() {
      ending.abort();
      unwatch();
      if (dialog.open) dialog.close();
      dialog.remove();
      unlockScroll();
      if (focused instanceof HTMLElement && focused.isConnected) focused.focus({ preventScroll: true });
    },
  };
}

/** Tells when somebody else takes the dialog out of the page, as routers do that replace its whole body. */
function watchRemoval(dialog: HTMLElement, onGone: () => void): () => void {
  const observer = new MutationObserver(() => {
    if (!dialog.isConnected) onGone();
  });
  observer.observe(document.documentElement, { childList: true });
  observer.observe(document.body, { childList: true });
  return () => {
    observer.disconnect();
  };
}

/** Turns behind the transparent frame until that shows its card over it. */
function spinner(): HTMLElement {
  const ring = document.createElement("div");
  Object.assign(ring.style, {
    position: "fixed",
    inset: "calc(50% - 16px) auto auto calc(50% - 16px)",
    boxSizing: "border-box",
    width: "32px",
    height: "32px",
    border: "3px solid rgb(255 255 255 / 85%)",
    borderRightColor: "transparent",
    borderRadius: "50%",
  });
  ring.animate({ transform: ["none", "rotate(1turn)"] }, { duration: 900, iterations: Infinity });
  return ring;
}

/** How many covers there are; the last to go gives scrolling back as the first found it. */
let covers = 0;
let before: Pick<CSSStyleDeclaration, "overflow" | "scrollbarGutter">;

function lockScroll(): () => void {
  const root = document.documentElement;
  covers += 1;
  if (covers === 1) {
    const { overflow, scrollbarGutter } = root.style;
    before = { overflow, scrollbarGutter };
    if (innerWidth > root.clientWidth) root.style.scrollbarGutter = "stable";
    root.style.overflow = "hidden";
  }
  return () => {
    covers -= 1;
    if (covers === 0) Object.assign(root.style, before);
  };
}
