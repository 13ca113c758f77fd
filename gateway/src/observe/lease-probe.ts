import type { Instruments } from "./instruments.js";

/** How one kind of work is shared just now, read when metrics are asked for. */
export interface LeaseProbe {
  readonly name: string;
  readonly parts: readonly number[];
  readonly backlog: { readonly entries: number; readonly bytes: number; readonly underWay: number };
}

export function probeLeases(instruments: Instruments, read: () => readonly LeaseProbe[]): void {
  const figures = (figure: (group: LeaseProbe) => number) => () =>
    Object.fromEntries(read().map((group) => [group.name, figure(group)]));
  const gauge = (name: string, help: string, figure: (group: LeaseProbe) => number) =>
    instruments.gauge(name, `${help}, by kind of work`, figures(figure), { label: "work" });
  gauge("lease_parts", "Parts of the keyspace that this gateway holds", ({ parts }) => {
    return parts.length;
  });
  gauge("work_backlog_events", "Events kept that are not known to be done", ({ backlog }) => {
    return backlog.entries;
  });
  gauge("work_backlog_bytes", "Bytes of events kept", ({ backlog }) => backlog.bytes);
  gauge("work_under_way", "Events a worker was given and is not done with", ({ backlog }) => {
    return backlog.underWay;
  });
}
