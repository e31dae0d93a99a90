import assert from "node:assert/strict";
import { test } from "node:test";

import { RelayError, VaultError } from "../src/errors";
import { elseUnsure } from "../src/outcome";

const failed = (status: number, code: string) => Promise.reject(new RelayError(code, status, "", null, {}));

test("a deed without a clear answer is told as unsure", async () => {
  const lost: [number, string][] = [
    [0, "network_unreachable"],
    [0, "network_timeout"],
    [200, "unreadable_answer"],
    [500, "internal_error"],
    [503, "unavailable"],
  ];
  for (const [status, code] of lost)
    await assert.rejects(
      elseUnsure("unsure_kit", failed(status, code)),
      (error) => error instanceof VaultError && error.code === "unsure_kit",
      code,
    );
});

test("a refusal stays one", async () => {
  for (const [status, code] of [
    [401, "login_failed"],
    [409, "email_taken"],
    [429, "rate_limited"],
  ] as const)
    await assert.rejects(
      elseUnsure("unsure_kit", failed(status, code)),
      (error) => error instanceof RelayError && error.code === code,
    );
  assert.equal(await elseUnsure("unsure_kit", Promise.resolve(1)), 1);
});
