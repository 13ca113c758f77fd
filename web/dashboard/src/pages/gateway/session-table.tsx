import { bytes, count, counted, duration } from "../../text/format.js";
import { plain, visibleText } from "../../text/visible.js";
import { type Column, DataTable } from "../../ui/data-table.js";
import { NameText } from "../../ui/name-text.js";
import type { SessionState } from "./state.js";

const COLUMNS: readonly Column<SessionState>[] = [
  {
    name: "User",
    look: "data__main",
    cell: ({ user, id }) => (
      <span title={`session ${id}`}>{user === null ? "no token yet" : <NameText of={user} />}</span>
    ),
  },
  { name: "Transport", look: "data__minor", cell: ({ transport }) => transport },
  {
    name: "Address",
    look: "data__minor",
    cell: ({ address }) => <span class="mono">{address}</span>,
  },
  { name: "Since", look: "data__figure", cell: ({ since }) => duration(Date.now() - since) },
  {
    name: "Queued",
    look: "data__minor data__figure",
    cell: ({ outbox, dropped }) => (
      <span title={`${counted(dropped, "message")} dropped so far`}>
        {bytes(outbox)}
        {dropped > 0 && ` (−${count(dropped)})`}
      </span>
    ),
  },
  {
    name: "Channels",
    look: "data__figure",
    cell: ({ subscriptions }) => (
      <strong title={subscriptions.map((name) => plain(visibleText(name))).join("\n")}>
        {count(subscriptions.length)}
      </strong>
    ),
  },
];

/** Who is connected, the longest queue first: it is the client in trouble. */
export function SessionTable({ sessions }: { readonly sessions: readonly SessionState[] }) {
  return (
    <DataTable
      id="sessions"
      late
      title="Sessions"
      lead="The clients connected to this gateway."
      columns={COLUMNS}
      rows={[...sessions].sort((a, b) => b.outbox - a.outbox)}
      rowKey={({ id }) => id}
      none="None."
    />
  );
}
