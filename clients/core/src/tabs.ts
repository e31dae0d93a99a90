// What the tabs of one browser tell each other. Secrets never travel here.
import type { AccountState } from "./types";

export type TabNews =
  | { kind: "signed-in"; userId: string; sessionId: string }
  | { kind: "unlocked"; userId: string; sessionId: string }
  | { kind: "slid"; userId: string; locksAt: number }
  | { kind: "locked"; userId: string }
  | { kind: "signed-out"; userId: string };

export interface Tabs {
  tell(news: TabNews): void;
}

/** What another tab's news make of this one; null: nothing. */
export function stateAfter(
  news: TabNews,
  own: { userId: string | undefined; sessionId: string | null; state: AccountState },
): AccountState | null {
  const isOurs = news.userId === own.userId;
  if (news.kind === "signed-in") return isOurs && news.sessionId === own.sessionId ? null : "switched";
  if (!isOurs) return null;
  if (news.kind === "signed-out") return "signed-out";
  // Also while it is locked: it may be opening.
  if (news.kind === "locked") return own.state === "signed-out" || own.state === "switched" ? null : "locked";
  return news.kind === "unlocked" && own.state === "locked" ? "unlocked" : null;
}

/** A channel to the other tabs, where there is one. */
export function openTabs(hear: (news: TabNews) => void): Tabs {
  if (typeof BroadcastChannel === "undefined") return { tell: () => undefined };
  const channel = new BroadcastChannel("1relay");
  channel.addEventListener("message", (event: MessageEvent<TabNews>) => {
    hear(event.data);
  });
  return {
    tell(news) {
      channel.postMessage(news);
    },
  };
}

/** Runs `step` while no other tab does the same; without the browser's locks, just runs it. */
export function oneTabAtATime<T>(step: () => Promise<T>): Promise<T> {
  const locks = (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks;
  if (locks === undefined) return step();
  return locks.request("1relay:vault", step);
}
