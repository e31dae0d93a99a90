/** Any page with a chart: defines `<usage-chart>`. Loaded by templates/parts/chart.html, so that other pages do without it. */
import { UsageChart } from "./ui/usageChart";

customElements.define("usage-chart", UsageChart);
