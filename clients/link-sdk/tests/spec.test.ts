import assert from "node:assert/strict";
import { test } from "node:test";

import spec from "../../../spec/link_events.json" with { type: "json" };
import type { LinkExitStatus, StableLinkEvent } from "../src/types.js";

// Objects, so that the compiler refuses a name too many and one too few.
const STATUSES: Record<LinkExitStatus, true> = {
  not_started: true,
  window_open: true,
  window_blocked: true,
  requires_sign_in: true,
  requires_unlock: true,
  requires_key: true,
  provider_not_selected: true,
  budget_not_approved: true,
  authorized_elsewhere: true,
  already_connected: true,
  failed: true,
};
const STABLE: Record<StableLinkEvent, true> = {
  OPEN: true,
  SELECT_PROVIDER: true,
  APPROVE_BUDGET: true,
  HANDOFF: true,
  ERROR: true,
  EXIT: true,
};

test("the types name exactly the exit statuses and stable events of the specification", () => {
  assert.deepEqual(
    spec.exitStatuses.map(({ name }) => name),
    Object.keys(STATUSES),
  );
  const stable = spec.events.filter((event) => event.stable).map(({ name }) => name);
  assert.deepEqual(stable, Object.keys(STABLE));
});

test("no name is given twice, and every view leads to a known exit status", () => {
  const { events, views, exitStatuses, errors, messages } = spec;
  const lists = [events, views, exitStatuses, ...Object.values(messages)].map((list) =>
    list.map(({ name }) => name),
  );
  for (const names of [...lists, errors.map(({ code }) => code)])
    assert.equal(new Set(names).size, names.length);
  const known = new Set(exitStatuses.map(({ name }) => name));
  for (const view of views) assert.ok(known.has(view.exitStatus), view.name);
});
