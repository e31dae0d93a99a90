import { Handler } from "./handler.js";
import type { LinkHandler, LinkOptions } from "./types.js";

export type {
  LinkError,
  LinkEventMetadata,
  LinkExitMetadata,
  LinkExitStatus,
  LinkHandler,
  LinkOptions,
  LinkSuccess,
  StableLinkEvent,
} from "./types.js";

/** Opens 1Relay Link, the modal in which people let your app use their AI keys. */
export const OneRelay = {
  /** A handler for one link token. Nothing is added to the page before `open()`. */
  create(options: LinkOptions): LinkHandler {
    return new Handler(options);
  },
};
