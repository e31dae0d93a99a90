// Tries keys through a real relay. Given to it by tests/proxy/test_key_checks.py, in a file named by KEY_CHECKS.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { RelayApi, UnlockedVault } from "@1relay/core";

import { importMaterial } from "../../core/src/crypto/aead";
import { b64uDecode } from "../../core/src/crypto/encoding";
import type { KeyFacts } from "../src/keyGuide/facts";
import { tryProviderKey } from "../src/keyGuide/trial";

type Given = {
  origin: string;
  token: string;
  elevation: string;
  vaultKey: string;
  facts: KeyFacts[];
  cases: { name: string; provider: string; apiKey: string; outcome: string }[];
};

const path = process.env["KEY_CHECKS"];

test("keys tried through a relay", { skip: path === undefined && "run by tests/proxy" }, async (all) => {
  const given = JSON.parse(readFileSync(path ?? "", "utf-8")) as Given;
  const api = new RelayApi({ origin: given.origin, token: given.token });
  const elevation = () => Promise.resolve(given.elevation);
  api.elevation = { current: elevation, renewed: elevation };
  const vault = new UnlockedVault(api, await importMaterial(b64uDecode(given.vaultKey)));
  for (const { name, provider, apiKey, outcome } of given.cases) {
    await all.test(`${provider}: ${name}`, async () => {
      const facts = given.facts.find(({ id }) => id === provider);
      assert.ok(facts);
      assert.equal(await tryProviderKey(vault, facts, apiKey, new AbortController().signal), outcome);
    });
  }
});
