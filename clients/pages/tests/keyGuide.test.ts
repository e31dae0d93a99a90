import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import type { TrialAnswer, TrialCall } from "@1relay/core";

import type { KeyFacts } from "../src/keyGuide/facts";
import { meaningOf, type Outcome, trialModel } from "../src/keyGuide/outcomes";
import { lookOf, providerOf } from "../src/keyGuide/shapes";
import { callsFor } from "../src/keyGuide/trial";
import { afterCheck, beforeCheck } from "../src/keyGuide/words";

type Written = {
  id: string;
  keyGuide: KeyFacts["guide"];
  check: { method: string; path: string };
  models: { path: string };
  checkAnswers?: KeyFacts["answers"];
  keyTroubles: KeyFacts["troubles"];
  checkTrial?: KeyFacts["trial"];
  sources: { facts: string[]; confirmed?: boolean }[];
} & Pick<KeyFacts, "name" | "keyPage" | "keyShapes" | "refusedKeyShapes">;

/** The file as relay/providers/for_pages.py gives it to pages. */
const all: KeyFacts[] = (
  JSON.parse(readFileSync("spec/providers.json", "utf-8")) as { providers: Written[] }
).providers.map(({ keyGuide, models, checkAnswers, keyTroubles, checkTrial, sources, check, ...rest }) => ({
  ...rest,
  confirmed: true,
  doubts: sources.flatMap(({ facts, confirmed }) => (confirmed === false ? facts : [])),
  guide: keyGuide,
  check: { ...check, headers: {}, listsModels: check.path === models.path },
  answers: checkAnswers ?? [],
  troubles: keyTroubles,
  trial: checkTrial ?? null,
}));

const KEYS = {
  openai: `sk-proj-${"a".repeat(24)}`,
  openaiAdmin: `sk-admin-${"a".repeat(24)}`,
  anthropicAdmin: ["sk", "ant", "admin01", "a".repeat(24)].join("-"),
  groq: `gsk_${"a".repeat(52)}`,
};

function of(id: string): KeyFacts {
  const found = all.find((facts) => facts.id === id);
  assert.ok(found, id);
  return found;
}

function answer(status: number, body: unknown, ours: string | null = null): TrialAnswer {
  return { status, code: ours, isRelays: ours !== null, text: JSON.stringify(body) };
}

/** Answers calls one after the other, and keeps what was asked. */
function scripted(...answers: TrialAnswer[]) {
  const asked: TrialCall[] = [];
  const send = (call: TrialCall) => {
    asked.push(call);
    const next = answers[asked.length - 1];
    return next === undefined ? Promise.reject(new Error("one call too many")) : Promise.resolve(next);
  };
  return { asked, send };
}

test("a key's look tells its provider, and turns admin keys away wherever they are pasted", () => {
  const openai = of("openai");
  assert.equal(lookOf(KEYS.openai, openai, all).kind, "plain");
  const groq = lookOf(KEYS.groq, openai, all);
  assert.equal(groq.kind === "other_provider" && groq.other.id, "groq");
  assert.equal(lookOf(KEYS.openaiAdmin, openai, all).kind, "admin_key");
  assert.equal(lookOf(KEYS.anthropicAdmin, openai, all).kind, "admin_key");
  assert.equal(lookOf("something-else-entirely", openai, all).kind, "unusual");
  assert.equal(lookOf("something-else-entirely", of("mistral"), all).kind, "plain");
  assert.equal(lookOf("short", openai, all).kind, "plain");
  assert.equal(providerOf(KEYS.groq, all)?.id, "groq");
  assert.equal(providerOf("0123456789abcdef", all), null);
});

test("a generation follows a check that passed, with a model that the list names", async () => {
  const { asked, send } = scripted(answer(200, { data: [{ id: "gpt-4o-mini" }] }), answer(200, {}));
  assert.equal(await callsFor(of("openai"), send), "works");
  assert.deepEqual(
    asked.map(({ method, path }) => `${method} ${path}`),
    ["GET /v1/models", "POST /v1/chat/completions"],
  );
  assert.equal((asked[1]?.body as { model: string }).model, "gpt-4o-mini");
  assert.equal(trialModel(of("google"), '{"name": "models/gemini-2.5-flash"}'), "gemini-2.5-flash");
});

test("a model in the path stays out of the body", async () => {
  const { asked, send } = scripted(
    answer(200, { models: [{ name: "models/gemini-2.5-flash" }] }),
    answer(200, {}),
  );
  assert.equal(await callsFor(of("google"), send), "works");
  assert.equal(asked[1]?.path, "/v1beta/models/gemini-2.5-flash:generateContent");
  assert.ok(!("model" in (asked[1].body ?? {})));
});

test("a key that may use models but not list them works", async () => {
  const scopes = answer(403, { error: { message: "Missing scopes: api.model.read" } });
  assert.equal(await callsFor(of("openai"), scripted(scopes, answer(200, {})).send), "works");
  const none = answer(401, { error: { message: "Missing scopes: model.request" } });
  assert.equal(await callsFor(of("openai"), scripted(scopes, none).send), "no_scope");
});

test("no model to try leaves the key accepted, with the doubt where there is one", async () => {
  assert.equal(await callsFor(of("openai"), scripted(answer(200, { data: [] })).send), "accepted");
  assert.equal(await callsFor(of("perplexity"), scripted(answer(200, { data: [] })).send), "unproven");
});

test("a generation that fails for reasons of its own takes nothing back", async () => {
  const list = answer(200, { data: [{ id: "gpt-5-nano" }] });
  for (const odd of [answer(404, {}), answer(500, {}), answer(402, {}, "model_not_priced")]) {
    assert.equal(await callsFor(of("openai"), scripted(list, odd).send), "accepted");
  }
});

test("statuses mean the same everywhere, unless the provider says otherwise", () => {
  const expected: [number, Outcome][] = [
    [401, "refused"],
    [402, "no_credit"],
    [429, "busy"],
    [503, "provider_down"],
  ];
  for (const facts of all.filter(({ id }) => id !== "perplexity")) {
    for (const [status, outcome] of expected) {
      assert.equal(meaningOf(facts, answer(status, {})), outcome, `${facts.id} ${String(status)}`);
    }
    assert.equal(meaningOf(facts, answer(200, {})), null);
    assert.equal(meaningOf(facts, answer(502, {}, "provider_unreachable")), "unreachable");
    assert.equal(meaningOf(facts, answer(429, {}, "rate_limited")), "relay_failed");
  }
});

test("every provider has a walk-through, and every outcome its words", () => {
  const outcomes = new Set<Outcome>(["works", "accepted", "unproven", "skipped", "unreachable", "unclear"]);
  for (const facts of all) {
    assert.ok(facts.guide.steps.length >= 2, facts.id);
    assert.match(beforeCheck(facts), new RegExp(`The relay sees the key.*${facts.name}.*skip`));
    for (const { outcome } of facts.answers) if (outcome !== "no_list") outcomes.add(outcome);
    for (const outcome of outcomes) {
      const said = afterCheck(outcome, facts);
      assert.ok(said.title.endsWith(".") && said.text.endsWith("."), outcome);
    }
  }
});
