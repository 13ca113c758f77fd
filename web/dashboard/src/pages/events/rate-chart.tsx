import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Rates } from "../../log/rates.js";
import { count, short } from "../../text/format.js";
import { theme } from "../../ui/theme.js";
import { ratePlot } from "./rate-plot.js";

/** ms; the chart shows whole seconds, so it changes once in each. */
const REDRAW_EVERY = 1_000;

/** Events per second: the last one in figures, the last two minutes as bars. */
export function RateChart({ rates }: { readonly rates: Rates }) {
  const place = useRef<HTMLDivElement>(null);
  const now = useSignal(Date.now());
  const chosen = theme.value;
  useEffect(() => {
    if (place.current === null) return;
    const plot = ratePlot(place.current);
    const draw = () => {
      now.value = Date.now();
      const { seconds, counts } = rates.series(now.value);
      plot.draw([seconds, counts]);
    };
    draw();
    const timer = setInterval(draw, REDRAW_EVERY);
    return () => {
      clearInterval(timer);
      plot.destroy();
    };
  }, [rates, chosen]);
  const last = rates.last(now.value);
  const peak = rates.peak(now.value);
  return (
    <section class="rate" aria-label="Events per second">
      <p class="rate__figures">
        <span class="rate__now">{short(last)}</span>
        <span class="rate__unit">events/s</span>
        <span class="rate__peak">peak {count(peak)} in 2 min</span>
      </p>
      <div
        class="rate__plot"
        ref={place}
        role="img"
        aria-label={`${count(last)} events in the last second, at most ${count(peak)} in the last two minutes`}
      />
    </section>
  );
}
