// Loaded by tests/e2e/test_vectors_browser.py: the same cases as under Node, and how long Argon2 takes here.
import { DEFAULT_ITERATIONS, DEFAULT_MEMORY_KIB } from "../../src/crypto/kdf";
import { argon2 } from "#argon2";

import { cases } from "../vectorCases";

export type Outcome = { name: string; failure: string | null };

async function runVectors(): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { name, run } of cases) outcomes.push({ name, failure: await failureOf(run) });
  return outcomes;
}

async function failureOf(run: () => Promise<void> | void): Promise<string | null> {
  try {
    await run();
    return null;
  } catch (error) {
    return String(error);
  }
}

/** Milliseconds for one derivation with the default parameters, worker start included. */
async function timeArgon2(): Promise<number> {
  const input = { password: new Uint8Array(20), salt: new Uint8Array(16) };
  const start = performance.now();
  await argon2({ ...input, memoryKib: DEFAULT_MEMORY_KIB, iterations: DEFAULT_ITERATIONS });
  return performance.now() - start;
}

Object.assign(window, { runVectors, timeArgon2 });
