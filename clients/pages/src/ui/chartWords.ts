/** What a server-rendered page says of a chart: whole days in UTC, whole numbers. */
export type ChartData = {
  /** Days as YYYY-MM-DD. */
  labels: string[];
  series: { name: string; values: number[] }[];
  /** `usd`: the values are millionths of a dollar. */
  unit: "usd" | "count";
};

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const COUNT = new Intl.NumberFormat("en-US");
const MICROS_PER_DOLLAR = 1_000_000;

/** 2026-11-01 → 1 Nov. What is no day stays as it is. */
export function dayWords(label: string): string {
  const day = new Date(`${label}T00:00:00Z`);
  return Number.isNaN(day.getTime()) ? label : DAY.format(day);
}

/** How a value of that unit reads: $1.20, $0.0042, 1,204. */
export function unitWords(unit: ChartData["unit"]): (value: number) => string {
  return unit === "usd" ? dollarWords : (value) => COUNT.format(value);
}

function dollarWords(micros: number): string {
  const dollars = micros / MICROS_PER_DOLLAR;
  const small = dollars !== 0 && Math.abs(dollars) < 0.1;
  const digits = Number.isInteger(dollars) && Math.abs(dollars) >= 5 ? 0 : small ? 4 : 2;
  const format = { style: "currency", currency: "USD", minimumFractionDigits: Math.min(digits, 2) } as const;
  return dollars.toLocaleString("en-US", { ...format, maximumFractionDigits: digits });
}
