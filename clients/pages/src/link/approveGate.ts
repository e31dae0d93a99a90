/** How long the window must have been visible and focused before a click can mean that the person has read it. */
const READ_MS = 1_000;
/** So long with the focus counts as well as a pointer or key event: touch screens send none before the tap. */
const READ_WITHOUT_TOUCH_MS = 3_000;

const SIGNS_OF_LIFE = ["pointermove", "pointerdown", "touchstart", "keydown"] as const;

/**
 * Decides when a click on Approve is the person's own and meant (api.md, "Pages").
 *
 * Against click-jacking between windows: a window that pops up under a double click, a click made by script, a key held down.
 * Losing focus or visibility starts the wait afresh.
 */
export class ApproveGate {
  readonly #button: HTMLButtonElement;
  readonly #onChange: () => void;
  #focusedAt: number | null = null;
  #sawPerson = false;
  #timers: ReturnType<typeof setTimeout>[] = [];
  #isSpent = false;

  constructor(button: HTMLButtonElement, onChange: () => void) {
    this.#button = button;
    this.#onChange = onChange;
    for (const name of ["focus", "blur", "pageshow"]) addEventListener(name, this.#look);
    document.addEventListener("visibilitychange", this.#look);
    for (const name of SIGNS_OF_LIFE) addEventListener(name, this.#notice, { capture: true, passive: true });
    // A key held down since before the window opened repeats; that is not a decision.
    button.addEventListener("keydown", (event) => {
      if (event.repeat) event.preventDefault();
    });
    this.#look();
  }

  /** Whether the button may be enabled now. */
  get isOpen(): boolean {
    if (this.#isSpent || this.#focusedAt === null || !hasFocus()) return false;
    const focusedMs = performance.now() - this.#focusedAt;
    return focusedMs >= READ_WITHOUT_TOUCH_MS || (focusedMs >= READ_MS && this.#sawPerson);
  }

  /** Takes this click as the one activation that counts. Further ones are refused until `rearm`. */
  take(click: Event): boolean {
    if (!click.isTrusted || !this.isOpen) return false;
    this.#isSpent = true;
    return true;
  }

  /** After a failure the person may press again. */
  rearm(): void {
    this.#isSpent = false;
    this.#onChange();
  }

  /** What there is to read has just come on screen. */
  restart(): void {
    this.#focusedAt = null;
    this.#look();
  }

  readonly #look = (): void => {
    if (hasFocus() === (this.#focusedAt !== null)) return;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
    this.#sawPerson = false;
    this.#focusedAt = hasFocus() ? performance.now() : null;
    if (this.#focusedAt !== null) {
      // A timer may fire a fraction of a millisecond early by the other clock.
      this.#timers = [READ_MS, READ_WITHOUT_TOUCH_MS].map((ms) => setTimeout(this.#onChange, ms + 5));
    }
    this.#onChange();
  };

  readonly #notice = (event: Event): void => {
    const pressesApprove = event.type !== "pointermove" && event.target === this.#button;
    const repeats = event instanceof KeyboardEvent && event.repeat;
    if (!event.isTrusted || pressesApprove || repeats || this.#sawPerson || this.#focusedAt === null) return;
    this.#sawPerson = true;
    this.#onChange();
  };
}

function hasFocus(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}
