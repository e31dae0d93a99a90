import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  LinearScale,
  Tooltip,
  type ChartDataset,
  type ChartOptions,
  type TooltipItem,
} from "chart.js";

import { dayWords, unitWords, type ChartData } from "./chartWords";

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

type Token = (name: string) => string;

/** How many series colours tokens.css has. */
const COLOURS = 8;
const DRAW_MS = 250;

/**
 * `<usage-chart data-from="id">`: bars by day, stacked by series, from the JSON in the script element with that id. What it
 * shows stands beside it as a table; to screen readers it is a picture with a one-sentence summary (templates/parts/chart.html).
 */
export class UsageChart extends HTMLElement {
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");
  private readonly still = matchMedia("(prefers-reduced-motion: reduce)");
  private chart: Chart<"bar", number[], string> | null = null;
  private readonly redraw = (): void => {
    this.draw(false);
  };
  /** Drawing takes a phone a good part of a second, so it waits until somebody is about to look. */
  private readonly seen = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.seen.disconnect();
      this.draw(!this.still.matches);
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
    removeEventListener("beforeprint", this.redraw);
    this.dark.removeEventListener("change", this.redraw);
    this.chart?.destroy();
    this.chart = null;
  }

  /** Anew from the numbers and the tokens as they are now. */
  private draw(moves: boolean): void {
    const source = document.getElementById(this.dataset["from"] ?? "");
    if (source === null) throw new Error("A chart without its numbers.");
    const data = JSON.parse(source.textContent) as ChartData;
    const style = getComputedStyle(this);
    const token: Token = (name) => style.getPropertyValue(`--${name}`).trim();
    this.chart?.destroy();
    const canvas = document.createElement("canvas");
    this.replaceChildren(canvas);
    this.chart = new Chart(canvas, {
      type: "bar",
      data: {
        labels: data.labels.map(dayWords),
        datasets: data.series.map(({ name, values }, at) => bars(name, values, at, token)),
      },
      options: {
        ...optionsOf(data, token),
        animation: moves ? { duration: DRAW_MS } : false,
        font: { family: style.fontFamily, size: 12 },
      },
    });
  }
}

function bars(name: string, values: number[], at: number, token: Token): ChartDataset<"bar", number[]> {
  const backgroundColor = token(`series-${String((at % COLOURS) + 1)}`);
  return { label: name, data: values, backgroundColor, maxBarThickness: 28, borderRadius: 2 };
}

function optionsOf(data: ChartData, token: Token): ChartOptions<"bar"> {
  const words = unitWords(data.unit);
  const ticks = { color: token("ink-faint") };
  return {
    maintainAspectRatio: false,
    interaction: { mode: "index", intersect: false },
    scales: {
      x: {
        stacked: true,
        grid: { display: false },
        border: { color: token("line") },
        ticks: { ...ticks, maxRotation: 0, autoSkipPadding: 16 },
      },
      y: {
        stacked: true,
        beginAtZero: true,
        grid: { color: token("line") },
        border: { display: false },
        ticks: { ...ticks, maxTicksLimit: 5, precision: 0, callback: (value) => words(Number(value)) },
      },
    },
    plugins: { tooltip: { ...tooltipWords(words), ...tooltipColours(token) } },
  };
}

function tooltipWords(
  words: (value: number) => string,
): NonNullable<ChartOptions<"bar">["plugins"]>["tooltip"] {
  return {
    filter: (item) => item.raw !== 0,
    itemSort: (one, other) => Number(other.raw) - Number(one.raw),
    callbacks: {
      label: (item) => ` ${item.dataset.label ?? ""}: ${words(Number(item.raw))}`,
      footer: (items) => (items.length > 1 ? `Total: ${words(sum(items))}` : ""),
    },
  };
}

function tooltipColours(token: Token): Record<string, string | number> {
  const ink = token("canvas");
  return {
    backgroundColor: token("ink"),
    titleColor: ink,
    bodyColor: ink,
    footerColor: ink,
    multiKeyBackground: ink,
    padding: 10,
    boxPadding: 4,
  };
}

function sum(items: TooltipItem<"bar">[]): number {
  return items.reduce((total, item) => total + Number(item.raw), 0);
}
