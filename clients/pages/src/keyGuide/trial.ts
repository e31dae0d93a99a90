import {
  RelayError,
  saysSessionEnded,
  type TrialAnswer,
  type TrialCall,
  type UnlockedVault,
} from "@1relay/core";

import type { KeyFacts } from "./facts";
import { meaningOf, meaningOfTrial, type Outcome, trialModel } from "./outcomes";

type Send = (call: TrialCall) => Promise<TrialAnswer>;

/** Tries a key at its provider, through the relay. An aborted `signal` makes it `skipped`. */
export async function tryProviderKey(
  vault: UnlockedVault,
  facts: KeyFacts,
  apiKey: string,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    return await vault.tryKey({ provider: facts.id, apiKey }, (send) => callsFor(facts, send), signal);
  } catch (error) {
    if (signal.aborted) return "skipped";
    // Trying is an offer: that it fails must not keep anybody from saving a key.
    if (error instanceof RelayError && !saysSessionEnded(error)) return "relay_failed";
    throw error;
  }
}

/** The free check, and where that can't tell all, the smallest generation. */
export async function callsFor(facts: KeyFacts, send: Send): Promise<Outcome> {
  const { method, path, headers, listsModels } = facts.check;
  const checked = await send({ method, path, headers });
  const meaning = meaningOf(facts, checked);
  if (meaning !== null && meaning !== "no_list") return meaning;
  const list = listsModels && meaning === null ? checked.text : null;
  return (await generation(facts, list, send)) ?? (facts.doubts.includes("check") ? "unproven" : "accepted");
}

async function generation(facts: KeyFacts, list: string | null, send: Send): Promise<Outcome | null> {
  const model = trialModel(facts, list);
  if (facts.trial === null || model === null) return null;
  const { path, body } = facts.trial;
  const answer = await send({
    method: "POST",
    path: path.replace("{model}", model),
    headers: facts.check.headers,
    body: "model" in body ? { ...body, model } : body,
  });
  return meaningOfTrial(facts, answer);
}
