import type { LinkError, LinkEventMetadata, LinkExitMetadata, LinkSuccess } from "./types.js";

/** What the app's page says to the frame (spec/link_events.json, "messages"). `nonce` is the frame's, in the hello the page's own. */
export type AppMessage =
  { type: "1relay.app.hello"; nonce: string } | { type: "1relay.app.exit"; nonce: string };

/** What the frame says to the app's page; `nonce` is the one of the page's hello. */
export type FrameMessage =
  | { type: "1relay.frame.ready"; nonce: string; frameNonce: string }
  | { type: "1relay.frame.event"; nonce: string; event: string; metadata: Partial<LinkEventMetadata> }
  | { type: "1relay.frame.success"; nonce: string; result: LinkSuccess }
  | { type: "1relay.frame.exit"; nonce: string; error: LinkError | null; metadata: Ending };

/** Where the person left, as the frame knows it. */
export type Ending = Pick<LinkExitMetadata, "status" | "linkSessionId">;

/** What the first-party window says to the frame; `nonce` is the frame's, in the hello the window's own. */
export type WindowMessage =
  | { type: "1relay.window.hello"; nonce: string }
  | { type: "1relay.window.ping"; nonce: string; ping: string }
  | { type: "1relay.window.event"; nonce: string; event: string; metadata: Partial<LinkEventMetadata> }
  | { type: "1relay.window.approved"; nonce: string; result: LinkSuccess }
  | { type: "1relay.window.exit"; nonce: string; error: LinkError | null };

/** What the frame says to the window it opened; `nonce` is the window's. */
export type FrameToWindowMessage =
  | { type: "1relay.frame.hello"; nonce: string; frameNonce: string; appOrigin: string }
  | { type: "1relay.frame.pong"; nonce: string; ping: string }
  | { type: "1relay.frame.received"; nonce: string };

type Bag = Record<string, unknown>;
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isTextOrNull: Check = (value) => value === null || isText(value);
const isBag = (value: unknown): value is Bag =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isNonce: Check = (value) => typeof value === "string" && /^[A-Za-z0-9_-]{22}$/.test(value);

const isMetadata: Check = (value) =>
  isBag(value) && Object.values(value).every((member) => isTextOrNull(member) || member === undefined);
const isError: Check = (value) =>
  value === null || (isBag(value) && isText(value["code"]) && isText(value["message"]));
const isExitMetadata: Check = (value) =>
  isBag(value) && isText(value["status"]) && isTextOrNull(value["linkSessionId"]);
const isResult: Check = (value) =>
  isBag(value) &&
  isTextOrNull(value["publicToken"]) &&
  isText(value["linkSessionId"]) &&
  isText(value["connectionId"]) &&
  Array.isArray(value["providers"]) &&
  value["providers"].every(isText) &&
  Number.isSafeInteger(value["budgetCents"]) &&
  typeof value["isUpdate"] === "boolean";

/** The members of every message, and what each must look like. A test compares the names with spec/link_events.json. */
export const SHAPES: Readonly<
  Record<"app" | "frame" | "window" | "frameToWindow", Record<string, Record<string, Check>>>
> = {
  app: {
    "1relay.app.hello": { nonce: isNonce },
    "1relay.app.exit": { nonce: isNonce },
  },
  frame: {
    "1relay.frame.ready": { nonce: isNonce, frameNonce: isNonce },
    "1relay.frame.event": { nonce: isNonce, event: isText, metadata: isMetadata },
    "1relay.frame.success": { nonce: isNonce, result: isResult },
    "1relay.frame.exit": { nonce: isNonce, error: isError, metadata: isExitMetadata },
  },
  window: {
    "1relay.window.hello": { nonce: isNonce },
    "1relay.window.ping": { nonce: isNonce, ping: isNonce },
    "1relay.window.event": { nonce: isNonce, event: isText, metadata: isMetadata },
    "1relay.window.approved": { nonce: isNonce, result: isResult },
    "1relay.window.exit": { nonce: isNonce, error: isError },
  },
  frameToWindow: {
    "1relay.frame.hello": { nonce: isNonce, frameNonce: isNonce, appOrigin: isText },
    "1relay.frame.pong": { nonce: isNonce, ping: isNonce },
    "1relay.frame.received": { nonce: isNonce },
  },
};

type Spoken = {
  app: AppMessage;
  frame: FrameMessage;
  window: WindowMessage;
  frameToWindow: FrameToWindowMessage;
};

/** The message if `data` is a well-formed one of that speaker, else null. Says nothing of who sent it. */
export function readMessage<Speaker extends keyof Spoken>(
  speaker: Speaker,
  data: unknown,
): Spoken[Speaker] | null {
  if (!isBag(data) || typeof data["type"] !== "string") return null;
  const shapes = SHAPES[speaker];
  const shape = Object.hasOwn(shapes, data["type"]) ? shapes[data["type"]] : undefined;
  if (!shape || !Object.entries(shape).every(([name, check]) => check(data[name]))) return null;
  return data as Spoken[Speaker];
}

/** 128 random bits as 22 characters. */
export function freshNonce(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(16)));
}

/** base64url without padding. */
export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
