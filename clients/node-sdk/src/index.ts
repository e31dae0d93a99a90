export { OneRelayClient, type OneRelayOptions } from "./client.js";
export { ChatStream } from "./streaming.js";
export * from "./errors.js";
export type * from "./types.js";
