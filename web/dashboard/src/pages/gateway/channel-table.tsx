import { count } from "../../text/format.js";
import { type Column, DataTable } from "../../ui/data-table.js";
import { NameText } from "../../ui/name-text.js";
import type { ChannelState } from "./state.js";

const COLUMNS: readonly Column<ChannelState>[] = [
  {
    name: "Channel",
    look: "data__main",
    cell: ({ name }) => (
      <span class="mono">
        <NameText of={name} />
      </span>
    ),
  },
  { name: "State", look: "data__minor", cell: ({ state }) => state },
  {
    name: "Events",
    look: "data__minor",
    cell: ({ events }) => (events.length === 0 ? "all" : <NameText of={events.join(", ")} />),
  },
  { name: "Messages", look: "data__figure", cell: ({ offset }) => count(offset) },
  {
    name: "Sessions",
    look: "data__figure",
    cell: ({ members }) => <strong>{count(members)}</strong>,
  },
];

/** What clients share, the most popular first. */
export function ChannelTable({ channels }: { readonly channels: readonly ChannelState[] }) {
  return (
    <DataTable
      id="channels"
      late
      title="Channels"
      lead="What clients asked for. Equal ones share their bytes."
      columns={COLUMNS}
      rows={[...channels].sort((a, b) => b.members - a.members)}
      rowKey={({ name, events }) => `${name} ${events.join(",")}`}
      none="None: no client watches anything."
    />
  );
}
