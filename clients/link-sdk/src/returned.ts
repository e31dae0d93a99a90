import { EXIT_STATUS_OF } from "./progress.js";
import type { LinkError, LinkExitStatus, LinkSuccess } from "./types.js";

/** What Link brought to the redirect URI (api.md, "Pages"). */
export type Returned = {
  linkSessionId: string;
  state: string | null;
  /** Null if the person left, or an error ended Link. */
  result: LinkSuccess | null;
  error: LinkError | null;
  /** Of an ending without a result. */
  status: LinkExitStatus;
};

const NAMES = ["publicToken", "linkSessionId", "connectionId", "providers", "budgetCents", "error", "state"];

/** What Link brought in an address, and the address without it; null if Link brought nothing. */
export function readReturned(address: string): { returned: Returned; rest: string } | null {
  const url = new URL(address);
  const inFragment = new URLSearchParams(url.hash.slice(1));
  const given = isOurs(inFragment) ? inFragment : url.searchParams;
  if (!isOurs(given)) return null;
  const returned = read(given);
  if (given === inFragment) url.hash = "";
  else for (const name of NAMES) url.searchParams.delete(name);
  // An empty fragment leaves its sign behind.
  return { returned, rest: url.href.replace(/#$/, "") };
}

function isOurs(given: URLSearchParams): boolean {
  const id = given.get("linkSessionId") ?? "";
  return /^lks_[0-9A-Za-z_]+$/.test(id) && (given.has("error") || given.has("connectionId"));
}

function read(given: URLSearchParams): Returned {
  const linkSessionId = given.get("linkSessionId") ?? "";
  const ending = { linkSessionId, state: given.get("state") };
  const code = given.get("error");
  if (code !== null) return { ...ending, result: null, ...endedBy(code) };
  const publicToken = given.get("publicToken");
  const result: LinkSuccess = {
    publicToken,
    linkSessionId,
    connectionId: given.get("connectionId") ?? "",
    providers: given.get("providers")?.split(",") ?? [],
    budgetCents: Number(given.get("budgetCents")),
    isUpdate: publicToken === null,
  };
  return { ...ending, result, error: null, status: "exited" };
}

/** The person's leaving travels as `exited`, or as the exit status where that says more; anything else is an error's code. */
function endedBy(code: string): Pick<Returned, "error" | "status"> {
  const status = Object.values(EXIT_STATUS_OF).find((known) => known === code && known !== "failed");
  if (status || code === "exited") return { error: null, status: status ?? "exited" };
  return { error: { code, message: `1Relay Link ended with the error ${code}.` }, status: "failed" };
}
