import { count, counted } from "../../text/format.js";
import { type Column, DataTable } from "../../ui/data-table.js";
import { NameText } from "../../ui/name-text.js";
import type { FeedState, NodeState } from "./state.js";

interface FeedTableProps {
  readonly feeds: readonly FeedState[];
  readonly nodes: readonly NodeState[];
}

/** What the gateway subscribed to upstream, the most used first. */
export function FeedTable({ feeds, nodes }: FeedTableProps) {
  const addresses = new Map(nodes.map(({ id, address }) => [id, address]));
  const columns: Column<FeedState>[] = [
    {
      name: "Redis channel",
      look: "data__main",
      cell: ({ channel }) => (
        <span class="mono">
          <NameText of={channel} />
        </span>
      ),
    },
    { name: "Kind", look: "data__minor", cell: ({ kind }) => kind.toUpperCase() },
    {
      name: "Nodes",
      look: "data__figure",
      cell: (feed) => (
        <span title={feed.nodes.map((id) => addresses.get(id) ?? id).join(", ")}>
          {count(feed.nodes.length)}
        </span>
      ),
    },
    {
      name: "Refcount",
      look: "data__figure",
      cell: ({ refcount }) => (
        <strong title={`serves ${counted(refcount, "subscription")}`}>{count(refcount)}</strong>
      ),
    },
  ];
  return (
    <DataTable
      id="feeds"
      title="Upstream subscriptions"
      lead="Held at Redis, and how many subscriptions of clients share each."
      columns={columns}
      rows={[...feeds].sort((a, b) => b.refcount - a.refcount)}
      rowKey={({ kind, channel }) => `${kind} ${channel}`}
      none="Nothing: no client watches anything."
    />
  );
}
