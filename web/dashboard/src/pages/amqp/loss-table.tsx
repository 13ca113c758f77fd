import { count, moment } from "../../text/format.js";
import { type Column, DataTable } from "../../ui/data-table.js";
import type { LossState } from "./state.js";

const REASONS: Readonly<Record<string, string>> = {
  fallback_full: "the fallback was full",
  memory_full: "the memory was full",
  redis_lost: "Redis lost them",
  too_large: "too large for a broker",
  unreadable: "unreadable in the fallback",
  source: "Redis may not have told them",
  unattended: "no gateway listened",
  overflow: "too many waited for a gateway",
};

const COLUMNS: readonly Column<LossState>[] = [
  {
    name: "Why",
    look: "data__main",
    cell: ({ reason }) => REASONS[reason] ?? reason,
  },
  {
    name: "Events",
    look: "data__figure",
    cell: ({ count: events }) => (events === null ? "unknown" : count(events)),
  },
  { name: "From", look: "data__figure", cell: ({ from }) => moment(from) },
  { name: "To", look: "data__figure", cell: ({ to }) => moment(to) },
];

export function LossTable({ losses }: { readonly losses: readonly LossState[] }) {
  return (
    <DataTable
      id="losses"
      title="Not forwarded"
      lead="Stretches of time of which events are missing, or may be."
      columns={COLUMNS}
      rows={losses}
      rowKey={(loss) => `${loss.reason} ${loss.from}`}
      none="Nothing has been lost."
    />
  );
}
