import type { EventLog } from "../../log/log.js";
import type { Row } from "../../log/row.js";
import { type View, visibleRows } from "../../log/window.js";
import { EventRow } from "./event-row.js";

interface VisibleRowsProps {
  readonly log: EventLog;
  readonly view: View;
  readonly selected: Row | null;
}

/** The rows in sight, in a body as tall as all of them would make it. */
export function VisibleRows({ log, view, selected }: VisibleRowsProps) {
  const { first, count } = visibleRows(view, log.size);
  const rows = Array.from({ length: count }, (_, offset) => log.at(first + offset));
  return (
    <tbody
      class="grid__rows"
      style={{
        height: `${log.size * view.rowHeight}px`,
        paddingTop: `${first * view.rowHeight}px`,
      }}
    >
      {rows.map(
        (row, offset) =>
          row !== undefined && (
            <EventRow
              key={row.id}
              row={row}
              index={first + offset}
              selected={row.id === selected?.id}
            />
          ),
      )}
    </tbody>
  );
}
