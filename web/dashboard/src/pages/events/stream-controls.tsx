import { toNdjson } from "../../log/ndjson.js";
import type { Stream } from "../../stream/stream.js";
import { counted } from "../../text/format.js";
import { copyText } from "../../ui/clipboard.js";
import { say } from "../../ui/toast.js";
import { FilterChips } from "./filter-chips.js";
import { Toolbar } from "./toolbar.js";

interface ControlsProps {
  readonly stream: Stream;
}

/** The filter with its running counts: painted with the beat, apart from the moving list. */
export function StreamFilter({ stream }: ControlsProps) {
  const { log, painter } = stream;
  painter.beat.value;
  return (
    <FilterChips
      counts={log.counts}
      filter={log.filter}
      onFilter={(events) => stream.setFilter(events)}
    />
  );
}

export function StreamToolbar({ stream }: ControlsProps) {
  const { log, reader, painter } = stream;
  painter.beat.value;
  return (
    <Toolbar
      reading={reader.state.value}
      waiting={log.waiting}
      onToggle={() => reader.toggle()}
      onClear={() => stream.clear()}
      onCopy={() => copyRows(stream)}
    />
  );
}

async function copyRows({ log }: Stream): Promise<void> {
  if (log.size === 0) return say("There are no rows to copy.");
  const { size } = log;
  try {
    await copyText(toNdjson(log.shown()));
    say(`Copied ${counted(size, "row")} as NDJSON, oldest first.`);
  } catch (error) {
    say(`Not copied: ${error instanceof Error ? error.message : String(error)}.`, "error");
  }
}
