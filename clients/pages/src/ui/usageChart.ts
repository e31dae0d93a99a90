import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  LinearScale,
  Tooltip,
  type ChartDataset,
  type TooltipItem,
} from "chart.js";

import { dayWords, unitWords, type ChartData } from "./chartWords";

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

type BarChart = Chart<"bar", number[], string>;

/** How many series colours tokens.css has. */
const COLOURS = 8;
const DRAW_MS = 250;

/**
 * `<usage-chart data-from="id">`: bars by day, stacked by series, from the JSON in the script element with that id. What it
 * shows stands beside it as a table; to screen readers it is a picture with a one-sentence summary (templates/parts/chart.html).
 */
export class UsageChart extends HTMLElement {
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");
  private chart: BarChart | null = null;
  private readonly repaint = (): void => {
    if (this.chart === null) return;
    paint(this.chart, this);
    this.chart.update("none");
  };

  connectedCallback(): void {
    const source = document.getElementById(this.dataset["from"] ?? "");
    if (source === null) throw new Error("A chart without its numbers.");
    const canvas = document.createElement("canvas");
    this.replaceChildren(canvas);
    this.chart = draw(canvas, JSON.parse(source.textContent) as ChartData);
    this.repaint();
    this.dark.addEventListener("change", this.repaint);
  }

  disconnectedCallback(): void {
    this.dark.removeEventListener("change", this.repaint);
    this.chart?.destroy();
    this.chart = null;
  }
}

function draw(canvas: HTMLCanvasElement, data: ChartData): BarChart {
  const words = unitWords(data.unit);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  return new Chart(canvas, {
    type: "bar",
    data: {
      labels: data.labels.map(dayWords),
      datasets: data.series.map(({ name, values }) => bars(name, values)),
    },
    options: {
      animation: still ? false : { duration: DRAW_MS },
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      scales: {
        x: { stacked: true, grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 16 } },
        y: {
          stacked: true,
          beginAtZero: true,
          border: { display: false },
          ticks: {
            maxTicksLimit: 5,
            precision: 0,
            callback: (value) => words(Number(value)),
          },
        },
      },
      plugins: {
        tooltip: {
          filter: (item) => item.raw !== 0,
          itemSort: (one, other) => Number(other.raw) - Number(one.raw),
          callbacks: {
            label: (item) => ` ${item.dataset.label ?? ""}: ${words(Number(item.raw))}`,
            footer: (items) => (items.length > 1 ? `Total: ${words(sum(items))}` : ""),
          },
        },
      },
    },
  });
}

function bars(name: string, values: number[]): ChartDataset<"bar", number[]> {
  return { label: name, data: values, maxBarThickness: 28, borderRadius: 2, borderSkipped: false };
}

function sum(items: TooltipItem<"bar">[]): number {
  return items.reduce((total, item) => total + Number(item.raw), 0);
}

/** Takes every colour from the tokens as they are now: the theme may have changed since. */
function paint(chart: BarChart, element: Element): void {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  chart.data.datasets.forEach((series, at) => {
    series.backgroundColor = token(`series-${String((at % COLOURS) + 1)}`);
  });
  const { options } = chart;
  options.font = { family: style.fontFamily, size: 12 };
  for (const axis of [options.scales?.["x"], options.scales?.["y"]]) {
    if (axis?.ticks) axis.ticks.color = token("ink-faint");
    if (axis?.grid) axis.grid.color = token("line");
    if (axis?.border) axis.border.color = token("line");
  }
  Object.assign(options.plugins?.tooltip ?? {}, {
    backgroundColor: token("ink"),
    titleColor: token("canvas"),
    bodyColor: token("canvas"),
    footerColor: token("canvas"),
    multiKeyBackground: token("canvas"),
    padding: 10,
    boxPadding: 4,
  });
}
