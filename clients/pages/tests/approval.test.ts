// Which approval is sent: the same bytes again after a lost answer, and never somebody else's.
import assert from "node:assert/strict";
import { test } from "node:test";

import { type Account, type Connection, RelayError, type UnlockedVault } from "@1relay/core";

import { Approval, ConnectionChanged } from "../src/link/approval";
import { Doubt, UNKNOWN } from "../src/link/doubt";

const SESSION = {
  id: "lks_1",
  connectionId: "con_1",
  update: false,
  requestedProviders: ["openai"],
} as unknown as ConstructorParameters<typeof Approval>[1];
const CHOICE = {
  providers: ["openai"],
  renew: [],
  kept: [],
  budgetCents: 500,
  changesBudget: true,
  limits: {},
};

/** Link for one session: `failures` are thrown in turn for what is sent, and `sent` holds the public token of each try. */
function link(...failures: RelayError[]) {
  const sent: string[] = [];
  const person = { id: "usr_ada", key: "1" };
  let made = 0;
  const vault = {
    listItems: () => Promise.resolve([{ id: "key_1", provider: "openai", updatedAt: person.key }]),
    approve: () => {
      const publicToken = `${person.id} ${++made}`;
      return Promise.resolve({ body: { publicToken }, publicToken });
    },
  } as unknown as UnlockedVault;
  const post = (_path: string, body: { publicToken: string }) => {
    sent.push(body.publicToken);
    const failure = failures.shift();
    return failure === undefined ? Promise.resolve({}) : Promise.reject(failure);
  };
  const account = {
    get user() {
      return { id: person.id };
    },
    api: { post },
  } as unknown as Account;
  const approval = new Approval(account, SESSION, "token");
  return { approval, sent, person, press: () => approval.send(vault, CHOICE, null).catch(() => null) };
}

function failure(code: string, status: number): RelayError {
  return new RelayError(code, status, code, null, {});
}

const LOST = [
  ["network_unreachable", 0],
  ["unreadable_answer", 504],
  ["unreadable_answer", 404],
  ["internal_error", 500],
  ["rate_limited", 429],
] as const;

for (const [code, status] of LOST) {
  test(`after ${code} ${String(status)} the same approval is sent again`, async () => {
    const { press, sent } = link(failure(code, status));
    await press();
    await press();
    assert.deepEqual(sent, ["usr_ada 1", "usr_ada 1"]);
  });
}

test("a lost answer is remembered, also past a refusal and by whoever comes next", async () => {
  const { approval, press } = link(
    failure("rate_limited", 429),
    failure("conflict", 409),
    failure("network_timeout", 0),
  );
  await press();
  await press();
  assert.equal(approval.mayBeGranted, false);
  await press();
  approval.forget();
  assert.equal(approval.mayBeGranted, true);
});

const EXISTING = {
  id: "con_0",
  providers: ["openai"],
  budgetCents: 700,
  limits: { dailyCents: 100 },
  status: "active",
} as unknown as Connection;

/** An approval that changes a connection which `now` is at the relay, and what was sent. */
function change(now: Connection) {
  const bodies: unknown[] = [];
  const api = {
    get: () => Promise.resolve(now),
    patch: (_path: string, body: unknown) => {
      bodies.push(JSON.parse(JSON.stringify(body)));
      return Promise.resolve({});
    },
  };
  const vault = {
    approveUpdate: (_session: unknown, _connection: unknown, choice: object) => Promise.resolve(choice),
  } as unknown as UnlockedVault;
  const approval = new Approval({ api } as unknown as Account, SESSION, "token");
  return { bodies, press: (choice: typeof CHOICE) => approval.changeExisting(vault, EXISTING, choice) };
}

test("a budget that was not changed is not sent with a change", async () => {
  const { bodies, press } = change({ ...EXISTING });
  await press(CHOICE);
  await press({ ...CHOICE, changesBudget: false });
  assert.deepEqual(bodies, [{ budgetCents: 500, limits: {} }, { limits: {} }]);
});

test("a connection that is no longer the one on the screen is not changed", async () => {
  const others: Partial<Connection>[] = [
    { providers: ["openai", "groq"] },
    { budgetCents: 900 },
    { limits: { dailyCents: 200 } },
    { status: "paused" },
  ];
  for (const other of others) {
    const { bodies, press } = change({ ...EXISTING, ...other });
    await assert.rejects(press(CHOICE), ConnectionChanged);
    assert.deepEqual(bodies, []);
  }
});

test("the frame is in doubt from the press until the window says that it failed for certain", () => {
  const doubt = new Doubt();
  assert.equal(doubt.error, null);
  doubt.hear("APPROVE_BUDGET", {});
  assert.deepEqual([doubt.isUnderWay, doubt.error], [true, UNKNOWN]);
  doubt.hear("ERROR", { errorCode: UNKNOWN.code });
  assert.deepEqual([doubt.isUnderWay, doubt.error], [false, UNKNOWN]);
  doubt.hear("ERROR", { errorCode: "conflict" });
  assert.deepEqual([doubt.isUnderWay, doubt.error], [false, null]);
  doubt.hear("APPROVE_BUDGET", {});
  doubt.windowClosed();
  assert.deepEqual([doubt.isUnderWay, doubt.error], [false, UNKNOWN]);
});

test("a refusal makes a new approval", async () => {
  const { press, sent } = link(failure("conflict", 409));
  await press();
  await press();
  assert.deepEqual(sent, ["usr_ada 1", "usr_ada 2"]);
});

test("somebody else who signs in sends an approval of their own", async () => {
  const { press, sent, person } = link(failure("network_timeout", 0));
  await press();
  person.id = "usr_bob";
  await press();
  assert.deepEqual(sent, ["usr_ada 1", "usr_bob 2"]);
});

test("a key that was replaced meanwhile is sealed anew, and signing out forgets", async () => {
  const { approval, press, sent, person } = link(
    failure("network_timeout", 0),
    failure("network_timeout", 0),
  );
  await press();
  person.key = "2";
  await press();
  approval.forget();
  await press();
  assert.deepEqual(sent, ["usr_ada 1", "usr_ada 2", "usr_ada 3"]);
});
