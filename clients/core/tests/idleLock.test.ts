// The clock of an unlocked page, on a clock of the test's own.
import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULT_MEMORY_KIB, newKdf } from "../src/crypto/kdf";
import { IdleLock } from "../src/idleLock";

const MINUTE = 60_000;

/** A page in use, and what its lock asked for. */
function page(idleMs: number) {
  const events = new EventTarget() as unknown as Document;
  const seen = { now: 0, slides: [] as number[], locked: 0 };
  const lock = new IdleLock(
    events,
    () => seen.now,
    () => seen.locked++,
    () => {
      seen.slides.push(seen.now);
      lock.lockAt(seen.now + idleMs);
    },
  );
  lock.lockAt(idleMs);
  const use = (now: number) => {
    seen.now = now;
    events.dispatchEvent(new Event("keydown"));
  };
  return { seen, use, lock };
}

test("somebody who types once in twenty seconds is not locked out after a minute", () => {
  const { seen, use, lock } = page(MINUTE);
  for (let now = 0; now <= 5 * MINUTE; now += 20_000) use(now);
  lock.stop();
  assert.equal(seen.locked, 0);
  assert.ok(seen.slides.length >= 5);
});

test("the relay is asked for more time once a minute at most, and four times an idle time", () => {
  for (const [idleMs, every] of [
    [MINUTE, 15_000],
    [60 * MINUTE, MINUTE],
  ] as const) {
    const { seen, use, lock } = page(idleMs);
    for (let now = 0; now <= 5 * MINUTE; now += 1000) use(now);
    lock.stop();
    assert.equal(seen.slides.length, (5 * MINUTE) / every);
  }
});

test("it locks at the first sign of use after the time, and not before", () => {
  const { seen, use } = page(MINUTE);
  use(MINUTE);
  assert.equal(seen.locked, 1);
  assert.deepEqual(seen.slides, []);
});

test("a new password is never derived more weakly than the former one", () => {
  const strong = { ...newKdf(), memoryKib: DEFAULT_MEMORY_KIB * 2, iterations: 5 };
  const { memoryKib, iterations, salt } = newKdf(strong);
  assert.deepEqual([memoryKib, iterations], [DEFAULT_MEMORY_KIB * 2, 5]);
  assert.notEqual(salt, strong.salt);
  const weak = { ...newKdf(), memoryKib: 19456, iterations: 2 };
  assert.equal(newKdf(weak).memoryKib, DEFAULT_MEMORY_KIB);
});
