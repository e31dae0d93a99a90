/** Fetched by `<usage-chart>` when somebody is about to see it. */
export { draw } from "./ui/chartDrawing";
