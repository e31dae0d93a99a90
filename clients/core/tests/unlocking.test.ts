import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Elevation } from "../src/elevation";
import { IdleLock } from "../src/idleLock";
import { refuseLowered, remember } from "../src/kdfMemory";
import { newKdf } from "../src/crypto/kdf";

const MINUTE = 60_000;

/** An IdleLock on a page of its own, with a count of what it did. */
function idle() {
  mock.timers.enable({ apis: ["setInterval", "Date"], now: 0 });
  const page = new EventTarget();
  const done = { locked: 0, used: 0 };
  const lock = new IdleLock(
    page,
    () => Date.now(),
    () => done.locked++,
    () => done.used++,
  );
  return { page, done, lock };
}

test("it locks at its time, once, and not before", (t) => {
  const { done, lock } = idle();
  t.after(() => {
    mock.timers.reset();
  });
  lock.lockAt(15 * MINUTE);
  mock.timers.tick(15 * MINUTE - 1);
  assert.equal(done.locked, 0);
  mock.timers.tick(MINUTE);
  assert.equal(done.locked, 1);
  mock.timers.tick(60 * MINUTE);
  assert.equal(done.locked, 1);
});

test("a sleep past its time locks at the first sign of life, before that counts as use", (t) => {
  const { page, done, lock } = idle();
  t.after(() => {
    mock.timers.reset();
  });
  lock.lockAt(15 * MINUTE);
  mock.timers.setTime(60 * MINUTE);
  page.dispatchEvent(new Event("pointerdown"));
  assert.deepEqual(done, { locked: 1, used: 0 });
});

test("use asks for more time once a minute, and more time moves the lock", (t) => {
  const { page, done, lock } = idle();
  t.after(() => {
    mock.timers.reset();
  });
  lock.lockAt(15 * MINUTE);
  mock.timers.tick(2 * MINUTE);
  for (let press = 0; press < 5; press++) page.dispatchEvent(new Event("keydown"));
  assert.equal(done.used, 1);
  lock.lockAt(17 * MINUTE);
  mock.timers.tick(14 * MINUTE);
  assert.equal(done.locked, 0);
  lock.stop();
  mock.timers.tick(60 * MINUTE);
  assert.equal(done.locked, 0);
});

test("an elevation is proven again shortly before it ends, once for all who wait", async () => {
  let now = 0;
  let proofs = 0;
  const prove = () =>
    Promise.resolve({ elevation: `e${++proofs}`, elevatedUntil: new Date(now + 10 * MINUTE).toISOString() });
  const elevation = new Elevation(prove, () => now);
  assert.deepEqual(await Promise.all([elevation.current(), elevation.current()]), ["e1", "e1"]);
  now = 9 * MINUTE;
  assert.equal(await elevation.current(), "e1");
  now = 10 * MINUTE - 10_000;
  assert.equal(await elevation.current(), "e2");
  elevation.set(null);
  assert.equal(await elevation.current(), "e3");
});

test("a failed proof is not remembered", async () => {
  let fail = true;
  const prove = () =>
    fail
      ? Promise.reject(new Error("offline"))
      : Promise.resolve({ elevation: "e", elevatedUntil: new Date(10 * MINUTE).toISOString() });
  const elevation = new Elevation(prove, () => 0);
  await assert.rejects(elevation.current(), /offline/);
  fail = false;
  assert.equal(await elevation.current(), "e");
});

test("lower parameters than before are refused for that email alone", async () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
  } as Storage;
  const kdf = newKdf();
  await refuseLowered(storage, "ada@example.com", { ...kdf, memoryKib: 19456 });
  await remember(storage, "ada@example.com", { ...kdf, iterations: 4 });
  await refuseLowered(storage, "ada@example.com", { ...kdf, iterations: 5 });
  await refuseLowered(storage, "bob@example.com", { ...kdf, memoryKib: 19456 });
  for (const lower of [{ memoryKib: 65535 }, { iterations: 3 }]) {
    const asked = { ...kdf, iterations: 4, ...lower };
    await assert.rejects(refuseLowered(storage, "ada@example.com", asked), { code: "kdf_lowered" });
  }
  assert.ok(![...kept.keys()].some((name) => name.includes("ada")));
});
