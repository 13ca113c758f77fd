import { useEffect, useRef } from "preact/hooks";
import { count, short } from "../../text/format.js";
import { theme } from "../../ui/theme.js";
import type { RunHistory } from "./history.js";
import { RunPlot } from "./run-plot.js";

interface RunChartProps {
  readonly history: RunHistory;
  /** null for all together. */
  readonly library: string | null;
  /** When the history took something last, ms since the Unix epoch. */
  readonly at: number;
}

/** Executions per second and their average time, over the last two minutes. */
export function RunChart({ history, library, at }: RunChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<RunPlot | null>(null);
  const chosen = theme.value;
  useEffect(() => {
    if (place.current === null) return undefined;
    plot.current = new RunPlot(place.current);
    return () => {
      plot.current?.destroy();
      plot.current = null;
    };
  }, [chosen]);
  const series = history.series(library, at);
  useEffect(() => plot.current?.draw(series), [at, library, chosen]);
  const last = series.runs.at(-1) ?? 0;
  const time = series.times.findLast((ms) => ms !== null) ?? null;
  const peak = Math.max(0, ...series.runs);
  return (
    <section class="card runs" aria-labelledby="runs">
      <header class="card__head">
        <h2 id="runs">
          Executions {library !== null && <span class="card__count">{library}</span>}
        </h2>
        <p class="runs__key">
          <span class="runs__bar">{short(Math.round(last))} per second</span>
          <span class="runs__line">
            {time === null ? "no time yet" : `${millis(time)} on average`}
          </span>
          <span class="runs__peak">peak {count(peak)}/s in 2 min</span>
        </p>
      </header>
      <div
        class="runs__plot"
        ref={place}
        role="img"
        aria-label={`${count(last)} executions in the last second, at most ${count(peak)} in the last two minutes${time === null ? "" : `, ${millis(time)} on average`}`}
      />
    </section>
  );
}

/** A time that may be far below a millisecond: `0.042 ms`, `1.8 ms`, `1,204 ms`. */
export function millis(ms: number): string {
  if (ms === 0 || ms >= 100) return `${count(ms)} ms`;
  return `${ms >= 10 ? ms.toFixed(1) : ms >= 1 ? ms.toFixed(2) : ms.toFixed(3)} ms`;
}
