import type { ChartData } from "./chartWords";
import type { draw } from "./chartDrawing";

type Drawing = { draw: typeof draw };

/**
 * `<usage-chart data-from="id">`: bars by day, stacked by series, from the JSON in the script element with that id. What it
 * shows stands beside it as a table; to screen readers it is a picture with a one-sentence summary (templates/parts/chart.html).
 *
 * The library that draws takes a phone seconds to fetch and run, so it waits until somebody is about to look.
 */
export class UsageChart extends HTMLElement {
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");
  private readonly still = matchMedia("(prefers-reduced-motion: reduce)");
  private erase: (() => void) | null = null;
  private readonly redraw = (): void => {
    void this.draw(false);
  };
  private readonly seen = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.seen.disconnect();
      void this.draw(!this.still.matches);
      this.dark.addEventListener("change", this.redraw);
    },
    { rootMargin: "200px" },
  );

  connectedCallback(): void {
    this.seen.observe(this);
    addEventListener("beforeprint", this.redraw);
  }

  disconnectedCallback(): void {
    this.seen.disconnect();
    this.dark.removeEventListener("change", this.redraw);
    removeEventListener("beforeprint", this.redraw);
    this.erase?.();
    this.erase = null;
  }

  /** Anew from the numbers and the tokens as they are now. */
  private async draw(moves: boolean): Promise<void> {
    const source = document.getElementById(this.dataset["from"] ?? "");
    if (source === null) throw new Error("A chart without its numbers.");
    const drawing = (await import(new URL("./chart-drawing.js", import.meta.url).href)) as Drawing;
    if (!this.isConnected) return;
    this.erase?.();
    this.erase = drawing.draw(this, JSON.parse(source.textContent) as ChartData, moves);
  }
}
