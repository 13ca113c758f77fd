import type { Stream } from "../../stream/stream.js";
import { count, counted } from "../../text/format.js";

/** How many events came, and how many of them can still be seen. */
export function Totals({ stream }: { readonly stream: Stream }) {
  const { log, painter, channels } = stream;
  painter.beat.value;
  const { length } = channels.value;
  return (
    <p class="totals">
      <span>
        <b data-total="received">{count(log.received)}</b> received
        {/* What several channels bring comes once on each. */}
        {length > 1 && ` on ${count(length)} channels`}
      </span>
      <span>
        {log.size === log.kept ? null : `${count(log.size)} shown of `}
        {counted(log.kept, "row")} kept
      </span>
    </p>
  );
}
