import { Handler } from "./handler.js";
import { resume } from "./resume.js";
import type { LinkHandler, LinkOptions, LinkReturnOptions } from "./types.js";

export { LinkEvent } from "./events.js";
export type { InformationalLinkEvent, LinkEventName, StableLinkEvent } from "./events.js";
export type {
  LinkDisplay,
  LinkError,
  LinkEventMetadata,
  LinkExitMetadata,
  LinkExitStatus,
  LinkHandler,
  LinkMetadata,
  LinkOptions,
  LinkReturnOptions,
  LinkSuccess,
  LinkTokenSource,
  LinkView,
} from "./types.js";

/** Opens 1Relay Link, in which people let your app use their AI keys. */
export const OneRelay = {
  /** A handler that opens Link. Touches nothing in the page before `open()`, so it may be made on a server as well. */
  create(options: LinkOptions): LinkHandler {
    return new Handler(options);
  },
  /**
   * For the page of your `redirectUri`: calls back with what Link brought in the address, and takes that out of the address.
   * False if Link brought nothing. In a tab that the `hosted` display opened, the page that opened it is called back instead.
   */
  resume(options: LinkReturnOptions): boolean {
    return resume(options);
  },
};
