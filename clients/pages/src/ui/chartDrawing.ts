/** Drawing a `<usage-chart>` with Chart.js: a file of its own, which pages fetch when somebody is about to see a chart. */
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

/** Draws the numbers into the host, in its tokens' colours as they are now; answers what takes the drawing away again. */
export function draw(host: HTMLElement, data: ChartData, moves: boolean): () => void {
  const style = getComputedStyle(host);
  const token: Token = (name) => style.getPropertyValue(`--${name}`).trim();
  const canvas = document.createElement("canvas");
  host.replaceChildren(canvas);
  const chart = new Chart(canvas, {
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
  return () => {
    chart.destroy();
  };
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
