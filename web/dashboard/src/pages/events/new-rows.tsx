import type { Stream } from "../../stream/stream.js";
import { count } from "../../text/format.js";
import { UpIcon } from "../../ui/icons.js";

/** How many rows came while somebody reads further down, and the way back up to them. */
export function NewRows({ stream }: { readonly stream: Stream }) {
  const { log, reader, painter } = stream;
  painter.beat.value;
  if (reader.state.value !== "scrolled") return null;
  return (
    <button type="button" class="new-rows" onClick={() => reader.resume()}>
      <UpIcon />
      {log.waiting === 0 ? "Back to the newest" : `${count(log.waiting)} new`}
    </button>
  );
}
