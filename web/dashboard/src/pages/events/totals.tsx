import type { Stream } from "../../stream/stream.js";
import { count, counted } from "../../text/format.js";

/** How many events came, and how many of them can still be seen. */
export function Totals({ stream }: { readonly stream: Stream }) {
  const { log, painter } = stream;
  painter.beat.value;
  return (
    <p class="totals">
      <span>
        <b data-total="received">{count(log.received)}</b> received
      </span>
      <span>
        {log.size === log.kept ? null : `${count(log.size)} shown of `}
        {counted(log.kept, "row")} kept
      </span>
    </p>
  );
}
