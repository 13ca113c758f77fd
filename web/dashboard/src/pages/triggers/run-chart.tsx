import { useEffect, useRef } from "preact/hooks";
import type { Plot } from "../../chart/plot.js";
import { count, millis, short } from "../../text/format.js";
import { theme } from "../../ui/theme.js";
import type { RunSeries } from "./history.js";
import { runPlot } from "./run-plot.js";

interface RunChartProps {
  readonly series: RunSeries;
  /** null for all together. */
  readonly library: string | null;
}

/** Executions per second and their average time: the last ones in figures, two minutes as a chart. */
export function RunChart({ series, library }: RunChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const chosen = theme.value;
  useEffect(() => {
    if (place.current === null) return undefined;
    const made = runPlot(place.current);
    plot.current = made;
    return () => made.destroy();
  }, [chosen]);
  useEffect(() => plot.current?.draw([series.seconds, series.runs, series.times]));
  const last = Math.round(series.runs.at(-1) ?? 0);
  const peak = Math.round(Math.max(0, ...series.runs));
  const time = series.times.findLast((ms) => ms !== null);
  const ofWhom = library === null ? "of all libraries" : `of ${library}`;
  return (
    <section class="rate runs" aria-label={`Executions ${ofWhom}`}>
      <p class="rate__figures">
        <span class="rate__now">{short(last)}</span>
        <span class="rate__unit runs__bar">executions/s</span>
        <span class="runs__time runs__line">
          {time === undefined ? "no time yet" : `${millis(time)} each`}
        </span>
        <span class="rate__peak">{ofWhom}</span>
      </p>
      <div
        class="rate__plot"
        ref={place}
        role="img"
        aria-label={`${count(last)} executions in the last second, at most ${count(peak)} in the last two minutes${time === undefined ? "" : `, ${millis(time)} each on average`}`}
      />
    </section>
  );
}
