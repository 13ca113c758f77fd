import { useSignal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import type { Row } from "../../log/row.js";
import type { Stream } from "../../stream/stream.js";
import { media } from "../../ui/media.js";
import { useShortcuts } from "../../ui/shortcuts.js";
import { MAIN } from "../../ui/skip-to-page.js";
import { ChannelBox } from "./channel-box.js";
import { ChannelChips } from "./channel-chips.js";
import { Empty } from "./empty.js";
import { EventTable } from "./event-table.js";
import { RateChart } from "./rate-chart.js";
import { Refusals } from "./refusals.js";
import { RowDetail } from "./row-detail.js";
import { StreamFilter, StreamToolbar } from "./stream-controls.js";
import { Totals } from "./totals.js";

/** px; the style sheet lays rows out to the same heights, in one line and in two. */
const ROW_HEIGHT = 28;
const TALL_ROW_HEIGHT = 46;
const narrow = media("(max-width: 640px)");

interface EventsPageProps {
  readonly stream: Stream;
  /** Channels worth trying. */
  readonly suggestions: readonly string[];
}

export function EventsPage({ stream, suggestions }: EventsPageProps) {
  const channelInput = useRef<HTMLInputElement>(null);
  const selected = useSignal<Row | null>(null);
  useShortcuts(
    useMemo(
      () => ({
        "/": () => channelInput.current?.focus(),
        p: () => stream.reader.toggle(),
        " ": () => stream.reader.toggle(),
        Escape: () => {
          selected.value = null;
        },
      }),
      [stream],
    ),
  );
  const channels = stream.channels.value;
  const watched = new Set(channels.map(({ name }) => name));
  const row = selected.value;
  return (
    <main class="events" id={MAIN} tabIndex={-1}>
      <div class="events__top">
        <div class="events__channels">
          <ChannelBox
            input={channelInput}
            suggestions={suggestions.filter((name) => !watched.has(name))}
            onWatch={(name) => stream.watch(name)}
          />
          {channels.length > 0 && (
            <ChannelChips channels={channels} onUnwatch={(name) => stream.unwatch(name)} />
          )}
          <Refusals channels={channels} />
        </div>
        <RateChart rates={stream.rates} />
      </div>
      <div class="events__controls">
        <StreamFilter stream={stream} />
        <StreamToolbar stream={stream} />
      </div>
      <div class={row === null ? "events__list" : "events__list events__list--split"}>
        <EventTable
          stream={stream}
          selected={selected}
          rowHeight={narrow.value ? TALL_ROW_HEIGHT : ROW_HEIGHT}
        >
          <Empty channels={channels} hidden={stream.log.kept} />
        </EventTable>
        {row !== null && (
          <RowDetail
            row={row}
            onClose={() => {
              selected.value = null;
            }}
            onWatch={(name) => stream.watch(name)}
          />
        )}
      </div>
      <Totals stream={stream} />
    </main>
  );
}
