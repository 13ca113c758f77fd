import { count, duration } from "../../text/format.js";
import { type Column, DataTable } from "../../ui/data-table.js";
import type { NodeState } from "./state.js";

const COLUMNS: readonly Column<NodeState>[] = [
  {
    name: "Address",
    look: "data__main",
    cell: ({ address }) => <span class="mono">{address}</span>,
  },
  {
    name: "State",
    cell: ({ state, problem }) => (
      <span class={`badge badge--${state}`} title={problem ?? undefined}>
        {state}
      </span>
    ),
  },
  { name: "Since", look: "data__figure", cell: ({ since }) => duration(Date.now() - since) },
  {
    name: "Slots",
    look: "data__minor data__figure",
    cell: ({ slots }) => (slots === 0 ? "–" : count(slots)),
  },
];

export function NodeTable({ nodes }: { readonly nodes: readonly NodeState[] }) {
  const problems = nodes.filter(({ problem }) => problem !== null);
  return (
    <DataTable
      id="nodes"
      title="Nodes"
      lead="The primaries that the gateway listens to."
      columns={COLUMNS}
      rows={nodes}
      rowKey={({ id }) => id}
      none="The gateway knows no Redis node yet."
    >
      {problems.map(({ id, address, problem }) => (
        <p key={id} class="fault fault--box card__problem">
          <span class="mono">{address}</span>: {problem}
        </p>
      ))}
    </DataTable>
  );
}
