import type { ElevationSource } from "./api";
import type { Elevated } from "./types";

// Asked for this long before it ends, so that a call that is under way doesn't find it ended.
const MARGIN_MS = 15_000;

/** The ten-minute permission for calls marked ▲; lives in this page's memory only. */
export class Elevation implements ElevationSource {
  #value: Elevated | null = null;
  #renewing: Promise<string> | null = null;

  constructor(
    /** Proves the login key again. Throws VaultError vault_locked where there is none. */
    private readonly prove: () => Promise<Elevated>,
    private readonly now: () => number,
  ) {}

  set(value: Elevated | null): void {
    this.#value = value && { elevation: value.elevation, elevatedUntil: value.elevatedUntil };
  }

  async current(): Promise<string> {
    const value = this.#value;
    const isFresh = value !== null && this.now() < Date.parse(value.elevatedUntil) - MARGIN_MS;
    return isFresh ? value.elevation : this.renewed();
  }

  /** One proof at a time, however many calls wait for it. */
  renewed(): Promise<string> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #renew(): Promise<string> {
    const value = await this.prove();
    this.set(value);
    return value.elevation;
  }
}
