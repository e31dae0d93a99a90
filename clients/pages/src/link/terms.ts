import type { Limits } from "@1relay/core";

import { make } from "../ui/dom.js";
import { day, dollars, isSet, list } from "./describe.js";

const SHOWN_MODELS = 4;
const DAY_MS = 86_400_000;

/** One limit in words. `then`: what it would be; `now`: what it is, where it changes. */
export type Term = { label: string; now: string | null; then: string; more?: string[] };

type Name = "models" | "expiresAt" | "dailyCents" | "requestsPerMinute" | "concurrency";

const LABELS: Record<Name, string> = {
  models: "Models",
  expiresAt: "Until",
  dailyCents: "A day",
  requestsPerMinute: "A minute",
  concurrency: "At once",
};
const NAMES = Object.keys(LABELS) as Name[];

/** What a new connection may do: its models and its end in every case, other limits where the app asks for them. */
export function termsOf(limits: Limits): Term[] {
  const always: Name[] = ["models", "expiresAt"];
  const shown = NAMES.filter((name) => always.includes(name) || isSet(limits[name]));
  return shown.map((name) => term(name, limits));
}

/** What would change in a connection: old and new. Limits that the app does not name stay. */
export function changedTerms(now: Limits, asked: Limits): Term[] {
  return changedNames(now, asked).map((name) => ({ ...term(name, asked), now: words(name, now) }));
}

/** Of the limits asked for, those that would change the connection: no others are sent. */
export function changedLimits(now: Limits, asked: Limits): Limits {
  return Object.fromEntries(changedNames(now, asked).map((name) => [name, asked[name]]));
}

function changedNames(now: Limits, asked: Limits): Name[] {
  return NAMES.filter((name) => isSet(asked[name]) && !isSame(now[name], asked[name]));
}

/** The rows of a description list. */
export function rowsOf(terms: Term[]): HTMLElement[] {
  return terms.map(({ label, now, then, more = [] }) => {
    const meaning = make("dd", {}, ...(now === null ? [then] : oldAndNew(now, then)));
    if (more.length > 0) meaning.append(allOf(more));
    return make("div", {}, make("dt", {}, label), meaning);
  });
}

/** "$5.00 → $9.00", said as "now $5.00, then $9.00". */
export function oldAndNew(now: string, then: string): HTMLElement[] {
  return [
    make("span", { class: "link-old" }, make("span", { class: "visually-hidden" }, "Now "), now),
    make("span", { class: "link-arrow", "aria-hidden": "true" }, "→"),
    make("strong", {}, make("span", { class: "visually-hidden" }, "then "), then),
  ];
}

function term(name: Name, limits: Limits): Term {
  const models = name === "models" && limits.models ? limits.models : [];
  const more = models.length > SHOWN_MODELS ? models : [];
  return { label: LABELS[name], now: null, then: words(name, limits), more };
}

function words(name: Name, limits: Limits): string {
  const { models, expiresAt, dailyCents, requestsPerMinute, concurrency } = limits;
  switch (name) {
    case "models":
      return isSet(models) ? someOf(models) : "Any model of these providers";
    case "expiresAt":
      return isSet(expiresAt) ? `${day(expiresAt)}, ${inDays(expiresAt)}` : "You end it";
    case "dailyCents":
      return isSet(dailyCents) ? `At most ${dollars(dailyCents)}` : "As much as the month allows";
    case "requestsPerMinute":
      return isSet(requestsPerMinute) ? `At most ${counted(requestsPerMinute)}` : "Any number of calls";
    case "concurrency":
      return isSet(concurrency) ? `At most ${counted(concurrency)}` : "Any number of calls";
  }
}

function someOf(models: string[]): string {
  if (models.length <= SHOWN_MODELS) return `Only ${list(models)}`;
  return `Only ${models.slice(0, SHOWN_MODELS - 1).join(", ")} and ${models.length - SHOWN_MODELS + 1} more`;
}

function allOf(models: string[]): HTMLElement {
  const items = models.map((model) => make("li", {}, model));
  return make("details", {}, make("summary", {}, "Show all"), make("ul", { role: "list" }, ...items));
}

function counted(calls: number): string {
  return calls === 1 ? "1 call" : `${calls.toLocaleString("en-US")} calls`;
}

function inDays(time: string): string {
  const days = Math.round((Date.parse(time) - Date.now()) / DAY_MS);
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(days, "day");
}

function isSame(now: unknown, then: unknown): boolean {
  if (Array.isArray(now) && Array.isArray(then)) {
    const had: unknown[] = now;
    return had.length === then.length && then.every((one) => had.includes(one));
  }
  return now === then;
}
