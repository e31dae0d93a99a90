"use client";
import { useCallback, useEffect, useInsertionEffect, useMemo, useRef } from "react";

import { OneRelay, type LinkHandler, type LinkOptions, type LinkTokenSource } from "./index.js";

/** As for `OneRelay.create`, with a token that may still be missing. */
export type UseOneRelayLinkOptions = Omit<LinkOptions, "token"> & {
  /** `null` until your server has answered: `ready` is false then. */
  token: LinkTokenSource | null | undefined;
};

export type OneRelayLink = {
  /** Shows Link. Always the same function, as is `exit`. */
  open: () => void;
  exit: (options?: { force?: boolean }) => void;
  /** Whether there is a token to open with. */
  ready: boolean;
};

/**
 * Link for a component: gone from the page when the component is, and silent from then on.
 *
 * Every `open()` takes the token and the callbacks of the latest render. A token that changes while Link is showing is for the next
 * `open()`: the person goes on where they are.
 */
export function useOneRelayLink(options: UseOneRelayLinkOptions): OneRelayLink {
  const latest = useRef(options);
  const handler = useRef<LinkHandler | null>(null);
  const isUnmounted = useRef(false);
  useInsertionEffect(() => {
    latest.current = options;
  });
  useEffect(() => {
    isUnmounted.current = false;
    return () => {
      isUnmounted.current = true;
      handler.current?.destroy();
    };
  }, []);
  const open = useCallback(() => {
    if (isUnmounted.current) return;
    handler.current ??= OneRelay.create(following(latest));
    handler.current.open();
  }, []);
  const exit = useCallback((how?: { force?: boolean }) => {
    handler.current?.exit(how);
  }, []);
  const ready = Boolean(options.token);
  return useMemo(() => ({ open, exit, ready }), [open, exit, ready]);
}

/** Options that are read anew whenever they are needed. */
function following(latest: { current: UseOneRelayLinkOptions }): LinkOptions {
  return {
    get token() {
      // A missing one ends in onExit, as anything that is not a link token.
      return latest.current.token ?? "";
    },
    get apiBaseUrl() {
      return latest.current.apiBaseUrl;
    },
    get display() {
      return latest.current.display ?? "window";
    },
    onSuccess: (...given) => {
      latest.current.onSuccess(...given);
    },
    onExit: (...given) => latest.current.onExit?.(...given),
    onEvent: (...given) => latest.current.onEvent?.(...given),
    onLoad: (...given) => latest.current.onLoad?.(...given),
  };
}
