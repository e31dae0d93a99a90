import type { ElevationSource } from "./api";
import { VaultError } from "./errors";
import { SharedRun } from "./sharedRun";
import type { Elevated } from "./types";

// Asked for this long before it ends, so that a call that is under way doesn't find it ended.
const MARGIN_MS = 15_000;

/** The ten-minute permission for calls marked ▲; lives in this page's memory only. */
export class Elevation implements ElevationSource {
  #value: Elevated | null = null;
  readonly #renewing = new SharedRun<string>();
  /** Counts takings away, so that a proof under way then gives no elevation. */
  #takings = 0;

  constructor(
    /** Proves the login key again. Throws VaultError vault_locked where there is none. */
    private readonly prove: () => Promise<Elevated>,
    private readonly now: () => number,
  ) {}

  /** Null takes it away, also from those who wait for a proof: they get VaultError vault_locked. */
  set(value: Elevated | null): void {
    if (value === null) {
      this.#takings++;
      this.#renewing.forget();
    }
    this.#value = value && { elevation: value.elevation, elevatedUntil: value.elevatedUntil };
  }

  async current(): Promise<string> {
    const value = this.#value;
    const isFresh = value !== null && this.now() < Date.parse(value.elevatedUntil) - MARGIN_MS;
    return isFresh ? value.elevation : this.renewed();
  }

  /** One proof at a time, however many calls wait for it. */
  renewed(): Promise<string> {
    return this.#renewing.join(() => this.#renew());
  }

  async #renew(): Promise<string> {
    const takings = this.#takings;
    const value = await this.prove();
    if (takings !== this.#takings) throw new VaultError("vault_locked");
    this.set(value);
    return value.elevation;
  }
}
