import { bars, fromZero, Plot, valueAxis } from "../../chart/plot.js";
import { short } from "../../text/format.js";

/** The scale never ends below this, so that one event a second does not fill the chart. */
const LEAST_TOP = 4;

/** Events in each second, as bars. */
export function ratePlot(place: HTMLElement): Plot {
  return new Plot(place, (brush) => ({
    padding: [6, 18, 0, 0],
    scales: { y: fromZero(LEAST_TOP) },
    axes: [valueAxis(brush, { size: 38, format: short })],
    series: [bars(brush, "--chart-bar")],
  }));
}
