import assert from "node:assert/strict";
import { test } from "node:test";

import { dayWords, unitWords } from "../src/ui/chartWords";

test("days read as days in UTC, whatever the time zone of the browser", () => {
  assert.equal(dayWords("2026-11-01"), "1 Nov");
  assert.equal(dayWords("2026-12-31"), "31 Dec");
  assert.equal(dayWords("Total"), "Total");
});

test("micro-dollars read as dollars, small ones with the digits that tell them apart", () => {
  const words = unitWords("usd");
  const read = [0, 1_200_000, 10_000_000, 4_200, 250_000, 1_234_567_000_000].map(words);
  assert.deepEqual(read, ["$0.00", "$1.20", "$10", "$0.0042", "$0.25", "$1,234,567"]);
});

test("counts have no currency", () => {
  assert.equal(unitWords("count")(1204), "1,204");
});
