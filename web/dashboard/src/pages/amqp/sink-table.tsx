import { count, duration, short } from "../../text/format.js";
import { type Column, DataTable } from "../../ui/data-table.js";
import type { Pace } from "./pace.js";
import type { SinkState } from "./state.js";

/** How each state of a connection looks: as that of a node does. */
const BADGES: Readonly<Record<string, string>> = {
  connected: "ready",
  waiting: "down",
  blocked: "down",
};

function columnsOf(pace: Pace): readonly Column<SinkState>[] {
  const figure = (name: string, title: string, minor = false): Column<SinkState> => ({
    name: title,
    look: minor ? "data__minor data__figure" : "data__figure",
    cell: ({ counts }) => count(counts[name] ?? 0),
  });
  return [
    {
      name: "Gateway",
      look: "data__main",
      cell: ({ gateway }) => <span class="mono">{gateway}</span>,
    },
    {
      name: "Broker",
      cell: ({ state, reason }) => (
        <span class={`badge badge--${BADGES[state] ?? "idle"}`} title={reason ?? undefined}>
          {state}
        </span>
      ),
    },
    {
      name: "Since",
      look: "data__minor data__figure",
      cell: ({ since }) => duration(Date.now() - since),
    },
    {
      name: "Per second",
      look: "data__figure",
      cell: ({ gateway }) => {
        const rate = pace.of(gateway, "published");
        return rate === null ? "–" : short(Math.round(rate));
      },
    },
    figure("published", "Published", true),
    figure("confirmed", "Confirmed"),
    figure("repeated", "Repeated", true),
    figure("returned", "Returned", true),
    {
      name: "Under way",
      look: "data__minor data__figure",
      cell: ({ inFlight, memory }) => count(inFlight + memory),
    },
  ];
}

export function SinkTable({
  sinks,
  pace,
}: {
  readonly sinks: readonly SinkState[];
  readonly pace: Pace;
}) {
  const troubled = sinks.filter(({ reason, isRedisAway }) => reason !== null || isRedisAway);
  return (
    <DataTable
      id="sinks"
      title="Gateways"
      lead="What each gateway on this port has sent to the broker."
      columns={columnsOf(pace)}
      rows={sinks}
      rowKey={({ gateway }) => gateway}
      none="No gateway forwards anything."
    >
      {troubled.map(({ gateway, reason, isRedisAway }) => (
        <p key={gateway} class="fault fault--box card__problem">
          <span class="mono">{gateway}</span>: {reason}
          {isRedisAway && " Redis does not answer: events wait in memory."}
        </p>
      ))}
    </DataTable>
  );
}
