import { bars, fromZero, Plot, valueAxis } from "../../chart/plot.js";
import { short } from "../../text/format.js";

/** The scales never end below these. */
const LEAST_RUNS = 4;
const LEAST_MS = 1;

/** Bars for executions, a line for their average time, each with a scale of its own. */
export function runPlot(place: HTMLElement): Plot {
  return new Plot(place, (brush) => ({
    padding: [8, 0, 0, 0],
    scales: { y: fromZero(LEAST_RUNS), ms: fromZero(LEAST_MS) },
    axes: [
      valueAxis(brush, { size: 38, format: short }),
      valueAxis(brush, {
        ...{ scale: "ms", isRight: true, size: 52, colour: "--chart-line" },
        format: (ms) => (ms < 1_000 ? `${ms} ms` : `${short(ms / 1_000)} s`),
      }),
    ],
    series: [
      bars(brush, "--chart-bar"),
      {
        ...{ scale: "ms", stroke: brush.colour("--chart-line"), width: 2, spanGaps: true },
        points: { show: true, size: 4, fill: brush.colour("--chart-line") },
      },
    ],
  }));
}
