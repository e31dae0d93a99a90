// An app of somebody's in React, in strict mode; tests/e2e/test_link_sdk.py sets what it shows.
import { useOneRelayLink, type UseOneRelayLinkOptions } from "@1relay/link-sdk/react";
import { StrictMode, useEffect } from "react";
import { createRoot } from "react-dom/client";

type Shown = { token: UseOneRelayLinkOptions["token"]; apiBaseUrl: string; opens?: boolean; render?: string };

const calls: unknown[][] = [];
const note =
  (...named: unknown[]) =>
  (...given: unknown[]) =>
    void calls.push([...named, ...given]);

function Connect({ token, apiBaseUrl, opens = false, render = "" }: Shown) {
  const told = {
    onSuccess: note("success", render),
    onEvent: note("event", render),
    onLoad: note("load", render),
  };
  const { open, exit, ready } = useOneRelayLink({ token, apiBaseUrl, ...told, onExit: note("exit", render) });
  useEffect(() => {
    if (opens && ready) open();
  }, [opens, ready, open]);
  useEffect(() => {
    Object.assign(globalThis, { exit });
  }, [exit]);
  return (
    <button id="connect" disabled={!ready} onClick={open}>
      Connect
    </button>
  );
}

const root = createRoot(document.getElementById("root") ?? document.body);
const show = (shown: Shown | null) => {
  root.render(<StrictMode>{shown && <Connect {...shown} />}</StrictMode>);
};
Object.assign(globalThis, { calls, show });
