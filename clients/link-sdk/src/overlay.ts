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

/**
 * Shows the iframe over the whole page, in a modal dialog, and returns what undoes it.
 *
 * Styles are set one by one through the object model, which a page's `style-src` does not forbid. The dialog's own background
 * dims the page, so that nothing flashes while the frame, itself transparent, loads.
 */
export function coverPage(iframe: HTMLIFrameElement, onDismiss: () => void): () => void {
  const focused = document.activeElement;
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-label", "Connect with 1Relay");
  Object.assign(dialog.style, FULL, { background: "rgb(15 19 30 / 52%)", overflow: "hidden" });
  iframe.title = "1Relay Link";
  iframe.referrerPolicy = "no-referrer";
  // Equal colour schemes on both sides, else the browser paints an opaque canvas behind the frame.
  Object.assign(iframe.style, FULL, { background: "transparent", colorScheme: "light dark" });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    onDismiss();
  });
  dialog.append(spinner(), iframe);
  const unlockScroll = lockScroll();
  document.body.append(dialog);
  dialog.showModal();
  return () => {
    if (dialog.open) dialog.close();
    dialog.remove();
    unlockScroll();
    if (focused instanceof HTMLElement && focused.isConnected) focused.focus({ preventScroll: true });
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

function lockScroll(): () => void {
  const root = document.documentElement;
  const { overflow, scrollbarGutter } = root.style;
  if (innerWidth > root.clientWidth) root.style.scrollbarGutter = "stable";
  root.style.overflow = "hidden";
  return () => {
    root.style.overflow = overflow;
    root.style.scrollbarGutter = scrollbarGutter;
  };
}
