import { find, make } from "../ui/dom.js";
import { setFieldError } from "../ui/forms.js";
import { amountOf, centsOf } from "../ui/words.js";
import { dollars } from "./describe.js";
import { fill } from "./dom.js";

const MOST_CENTS = 100_000_000;
const USUAL_CENTS = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000];
const WITHOUT_SUGGESTION = [500, 1_000, 2_000, 5_000];

/** `isOwnWish`: the person themselves wants to change the connection. */
type Asked = { suggestedCents: number | null; nowCents: number | null; isOwnWish: boolean };

/** The monthly budget: what the app suggests, usual amounts to press, and any other amount to type. */
export class BudgetField {
  readonly #input = find("#budget", HTMLInputElement);
  readonly #part = find("#budget-part", HTMLElement);
  readonly #more = find("#budget-more", HTMLButtonElement);
  readonly #presets: { cents: number; button: HTMLButtonElement }[];
  readonly #onChange: () => void;
  readonly #initial: string;

  constructor({ suggestedCents, nowCents, isOwnWish }: Asked, onChange: () => void) {
    this.#onChange = onChange;
    const start = suggestedCents ?? nowCents;
    this.#initial = start === null ? "" : amountOf(start);
    this.#input.value = this.#initial;
    this.#presets = presetsAround(start).map((cents) => ({ cents, button: this.#preset(cents) }));
    find("#presets", HTMLElement).replaceChildren(...this.#presets.map(({ button }) => button));
    // A change that the app does not ask for stands back.
    const isRaise = suggestedCents !== null && suggestedCents !== nowCents;
    const isAsked = nowCents === null || isRaise || isOwnWish;
    this.#part.hidden = !isAsked;
    this.#more.hidden = isAsked;
    this.#more.onclick = () => {
      this.#reveal();
      this.#input.focus();
    };
    this.#input.oninput = () => {
      this.#changed();
    };
    this.#explain(suggestedCents, nowCents);
    this.#mark();
  }

  /** What the person has set in place of the amount it began with; null if they left that alone. */
  get text(): string | null {
    return this.#input.value === this.#initial ? null : this.#input.value;
  }

  /** As the person had set it before. */
  restore(text: string | null): void {
    if (text === null) return;
    this.#reveal();
    this.#input.value = text;
    this.#mark();
  }

  /** Null for what is no budget. */
  get cents(): number | null {
    const cents = centsOf(this.#input.value);
    return cents !== null && cents >= 1 && cents <= MOST_CENTS ? cents : null;
  }

  #reveal(): void {
    this.#part.hidden = false;
    this.#more.hidden = true;
  }

  #preset(cents: number): HTMLButtonElement {
    const button = make("button", { type: "button", class: "link-preset" }, shortDollars(cents));
    button.addEventListener("click", () => {
      this.#input.value = amountOf(cents);
      this.#changed();
    });
    return button;
  }

  #changed(): void {
    this.#mark();
    this.#onChange();
  }

  #mark(): void {
    const { cents } = this;
    for (const { cents: preset, button } of this.#presets)
      button.setAttribute("aria-pressed", String(preset === cents));
    const isOdd = cents === null && this.#input.value.trim() !== "";
    setFieldError(this.#input, isOdd ? "Type an amount in dollars, such as 10 or 7.50." : "");
  }

  #explain(suggestedCents: number | null, nowCents: number | null): void {
    const now = nowCents === null ? "" : `Now ${dollars(nowCents)} a month. `;
    const suggested = suggestedCents === null ? "" : `The app suggests ${dollars(suggestedCents)}. `;
    fill(
      "budget-hint",
      `${now}${suggested}Calls stop when it is used up, until the next month begins (UTC).`,
    );
  }
}

/** The amount itself, the usual one below it, and two above. */
function presetsAround(cents: number | null): number[] {
  if (cents === null) return WITHOUT_SUGGESTION;
  const below = USUAL_CENTS.filter((usual) => usual < cents).slice(-1);
  const above = USUAL_CENTS.filter((usual) => usual > cents).slice(0, below.length > 0 ? 2 : 3);
  return [...below, cents, ...above];
}

/** 500 → "$5", 750 → "$7.50". */
function shortDollars(cents: number): string {
  return dollars(cents).replace(/\.00$/, "");
}
