import type { Signal } from "@preact/signals";
import type { ComponentChildren, RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Reader } from "../../log/reading.js";
import type { Row } from "../../log/row.js";
import { scrollToRow } from "../../log/window.js";
import type { Stream } from "../../stream/stream.js";
import { useView } from "../../ui/use-view.js";
import { rowId } from "./event-row.js";
import { rowForKey } from "./grid-keys.js";
import { NewRows } from "./new-rows.js";
import { TableHead } from "./table-head.js";
import { VisibleRows } from "./visible-rows.js";

/** Events per second up to which a glow on each new row is no flicker. */
const CALM_RATE = 20;

interface EventTableProps {
  readonly stream: Stream;
  readonly selected: Signal<Row | null>;
  /** px */
  readonly rowHeight: number;
  /** Stands in for the rows where there are none. */
  readonly children: ComponentChildren;
}

/** The newest events first; what is being read stands still. */
export function EventTable({ stream, selected, rowHeight, children }: EventTableProps) {
  const { log, reader, painter } = stream;
  const scroller = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLTableSectionElement>(null);
  const view = useView(scroller, head, rowHeight);
  useReading(reader, scroller, view.top);
  painter.frame.value;
  const index = selected.value === null ? -1 : log.indexOf(selected.value.id);
  const active = index < 0 ? undefined : log.at(index);
  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.floor(view.height / rowHeight);
    const next = rowForKey(event.key, index, page, log.size);
    if (next === null) return;
    event.preventDefault();
    selected.value = log.at(next) ?? null;
    scroller.current?.scrollTo(0, scrollToRow(view, next));
  };
  return (
    <div class={gridClass(stream)}>
      <div class="grid__scroller" ref={scroller}>
        <table
          {...gridProps(active)}
          class="grid__table"
          aria-rowcount={log.size + 1}
          onKeyDown={onKeyDown}
          onClick={(event) => {
            const clicked = clickedIndex(event.target);
            if (clicked !== null) selected.value = log.at(clicked) ?? null;
          }}
        >
          <TableHead place={head} />
          <VisibleRows log={log} view={view} selected={selected.value} />
        </table>
        {log.size === 0 && children}
      </div>
      <NewRows stream={stream} />
    </div>
  );
}

function gridClass({ channels, rates }: Stream): string {
  const several = channels.value.length > 1 ? " grid--channels" : "";
  const calm = rates.last(Date.now()) <= CALM_RATE ? " grid--calm" : "";
  return `grid${several}${calm}`;
}

/**
 * ARIA lets a table be a grid: one stop of the tab key reaches it, and the arrow keys walk its rows.
 * Spread, because the linter knows tables that are only read.
 */
function gridProps(active: Row | undefined) {
  return {
    role: "grid",
    tabIndex: 0,
    "aria-label": "Events, newest first",
    "aria-activedescendant": active === undefined ? undefined : rowId(active.id),
  } as const;
}

/** Tells the reader of each scroll, and goes back to the top when the list moves again. */
function useReading(reader: Reader, scroller: RefObject<HTMLElement | null>, top: number): void {
  const reading = reader.state.value;
  useLayoutEffect(() => reader.scrolled(top), [top]);
  useLayoutEffect(() => {
    if (reading === "live") scroller.current?.scrollTo(0, 0);
  }, [reading]);
}

/** Which row was clicked; null where none was, or where the click ended a selection of text. */
function clickedIndex(target: EventTarget | null): number | null {
  if (!(target instanceof Element) || getSelection()?.type === "Range") return null;
  const row = target.closest<HTMLElement>("[data-index]");
  return row === null ? null : Number(row.dataset["index"]);
}
