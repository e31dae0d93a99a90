import { call } from "./callbacks.js";
import { Progress } from "./progress.js";
import { readReturned, type Returned } from "./returned.js";
import type { LinkReturnOptions } from "./types.js";

/** Told to the page that opened this tab; it takes the outcome over by preventing the event's default. */
export const RETURN_EVENT = "1relay.return";
export type ReturnDetail = { from: Window; returned: Returned };

/** Reads what Link brought to this page, takes it out of the address, and hands it on; false if Link brought nothing. */
export function resume(options: LinkReturnOptions): boolean {
  const found = readReturned(location.href);
  if (!found) return false;
  // The public token stays neither in the address bar nor in the history.
  history.replaceState(history.state, "", found.rest);
  if (!isTakenByOpener(found.returned))
    queueMicrotask(() => {
      tellReturned(options, found.returned, new Progress());
    });
  return true;
}

/** Calls back with what came to the redirect URI. */
export function tellReturned(options: LinkReturnOptions, returned: Returned, progress: Progress): void {
  const { linkSessionId, state, result, error, status } = returned;
  progress.note({ linkSessionId });
  const metadata = { ...progress.metadata, state };
  if (result) call(options.onSuccess, result, metadata);
  else call(options.onExit, error, { ...metadata, status });
}

/** At once, so that only one page ever calls back: windows of one site share one thread. */
function isTakenByOpener(returned: Returned): boolean {
  try {
    const detail: ReturnDetail = { from: window, returned };
    const opener = window.opener as Window | null;
    return opener?.dispatchEvent(new CustomEvent(RETURN_EVENT, { cancelable: true, detail })) === false;
  } catch {
    // A page of another site opened this tab.
    return false;
  }
}
