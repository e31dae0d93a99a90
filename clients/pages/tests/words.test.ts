import assert from "node:assert/strict";
import { test } from "node:test";

import { RelayError, VaultError } from "@1relay/core";

import { amountOf, centsOf, fieldErrors, maskedKey, wordsFor } from "../src/ui/words";

test("amounts as people type them become whole cents", () => {
  const typed = { "12": 1200, "12.5": 1250, "12,50": 1250, "$0.05": 5, " $ 7 ": 700, "0": 0 };
  for (const [text, cents] of Object.entries(typed)) assert.equal(centsOf(text), cents, text);
});

test("what is no amount is not guessed at", () => {
  for (const text of ["", "twelve", "-1", "1.234", "1,000", "1e3", "12345678", "1.2.3", "٣"]) {
    assert.equal(centsOf(text), null, text);
  }
});

test("an amount survives editing", () => {
  for (const cents of [0, 5, 50, 100, 1234, 999_999_999]) assert.equal(centsOf(amountOf(cents)), cents);
});

test("a masked key shows its last four characters alone", () => {
  assert.equal(maskedKey("sk-abcdef-WXYZ"), "•••• WXYZ");
});

test("refusals speak for themselves; anything else is not shown to people", () => {
  assert.equal(wordsFor(new RelayError("conflict", 409, "Read it again.", null, {})), "Read it again.");
  assert.match(wordsFor(new VaultError("vault_locked")), /locked/);
  assert.doesNotMatch(wordsFor(new TypeError("x is undefined")), /undefined/);
});

test("a refusal of one entry belongs to its field", () => {
  const fields = { "allowedOrigins.0": ["Must be an origin."], name: ["Too long.", "Odd."] };
  const error = new RelayError("invalid_request", 400, "Not valid.", null, { fields });
  assert.deepEqual(fieldErrors(error), { allowedOrigins: "Must be an origin.", name: "Too long. Odd." });
  assert.deepEqual(fieldErrors(new RelayError("conflict", 409, "No.", null, {})), {});
});
