/** /apps/<id>/quickstart: ticks the steps that the relay has seen, and allows the developer's own machine. */
import { onAction } from "./ui/actions";
import { dataOf, find } from "./ui/dom";
import { startUserPage } from "./ui/page";
import { readRegion } from "./ui/region";
import { toast } from "./ui/toast";
import { withVault } from "./ui/unlock";

type Step = "opened" | "exchanged" | "called";

const POLL_MS = 2_000;
const TITLES: Record<Step, string> = {
  opened: "The relay has seen your link session",
  exchanged: "The relay has seen your exchange",
  called: "The relay has seen your first call",
};

const account = startUserPage();
const app = dataOf(find("#app", HTMLElement), "app");
const address = dataOf(find("[data-progress]", HTMLElement), "progress");

onAction("allow-origin", async (button) => {
  const done = await withVault(account, async () => {
    // As they are now: one that was added elsewhere meanwhile must stay.
    const now = await account.api.get<{ allowedOrigins: string[] }>(`/v1/apps/${app}`);
    const allowedOrigins = [...new Set([...now.allowedOrigins, dataOf(button, "origin")])];
    await account.api.patch(`/v1/apps/${app}`, { allowedOrigins }, { elevated: true });
  });
  if (done) location.reload();
});

function waiting(): Step[] {
  return (["opened", "exchanged", "called"] as const).filter(
    (step) => document.querySelector(`[data-step="${step}"][data-done]`) === null,
  );
}

/** Asks while something is missing and somebody looks; a page in the background costs nothing. */
async function watch(): Promise<void> {
  const missing = waiting();
  if (missing.length === 0) return;
  if (document.visibilityState === "visible") await look(missing);
  setTimeout(() => void watch(), POLL_MS);
}

async function look(missing: Step[]): Promise<void> {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!answer.ok || answer.redirected) return;
    const seen = (await answer.json()) as Record<Step, boolean>;
    const news = missing.filter((step) => seen[step]).at(-1);
    if (news === undefined) return;
    await readRegion("progress");
    toast(TITLES[news]);
  } catch {
    // The network is away; it is asked again.
  }
}

void watch();
