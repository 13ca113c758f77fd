import type { Verdict, Violation } from "./checker/verdict.js";
import type { Entry, FaultRecord, Line, RunRecord } from "./record.js";
import type { ChaosOptions, ChaosRun } from "./run.js";

/** What a run is reported as: figures for the docs, and what is needed to look into a violation. */
export interface Report {
  readonly seed: number;
  readonly seconds: number;
  readonly clients: number;
  /** ms */
  readonly took: number;
  /** ms that the gateways were ready to run and had to wait for a processor, in all. */
  readonly waited: number;
  readonly verdict: Verdict;
  /** How often each kind of fault was done. */
  readonly faults: Readonly<Record<string, number>>;
  /** Channels of clients, by transport. */
  readonly transports: Readonly<Record<string, number>>;
  readonly refusals: Readonly<Record<string, number>>;
  /** What was done, in order. */
  readonly timeline: readonly FaultRecord[];
  /** For the first violations: what stands around them. */
  readonly evidence: readonly Evidence[];
}

interface Evidence {
  readonly violation: Violation;
  readonly log: readonly Entry[];
  readonly lines: readonly Line[];
}

/** Violations of each kind that are told with evidence. */
const WITH_EVIDENCE = 5;
/** Messages ahead of and behind a violation, and lines of the ledger around it. */
const AROUND = 8;
/** ms around a violation in which lines of the same key are of interest. */
const NEAR = 8_000;

export function reportOf(
  { seed, seconds, clients }: Pick<ChaosOptions, "seed" | "seconds" | "clients">,
  run: ChaosRun,
  verdict: Verdict,
): Report {
  const faults = countBy(run.record.faults.map(({ kind }) => kind));
  const transports = countBy(run.record.streams.map(({ transport }) => transport));
  const evidence = firstOfEach(verdict.violations).map((violation) =>
    evidenceOf(violation, run.record),
  );
  const timeline = run.record.faults;
  const took = run.ended - run.began;
  return {
    seed,
    seconds,
    clients,
    took,
    waited: run.waited,
    verdict,
    faults,
    transports,
    refusals: run.refusals,
    timeline,
    evidence,
  };
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function firstOfEach(violations: readonly Violation[]): Violation[] {
  const kinds = [...new Set(violations.map(({ kind }) => kind))];
  return kinds.flatMap((kind) =>
    violations.filter((violation) => violation.kind === kind).slice(0, WITH_EVIDENCE),
  );
}

function evidenceOf(violation: Violation, { streams, lines }: RunRecord): Evidence {
  const { client, channel, index = 0 } = violation;
  const entries =
    streams.find((stream) => stream.client === client && stream.channel.name === channel)
      ?.entries ?? [];
  const line = lines[Number(/line (\d+)/.exec(violation.message)?.[1])];
  const at = line === undefined ? index : entries.findIndex((entry) => entry.at >= line.before);
  const log = entries.slice(Math.max(0, at - AROUND), at + AROUND);
  const entry = entries[index];
  const key = line?.key ?? (entry?.kind === "event" ? entry.key : undefined);
  const time = line?.before ?? entry?.at ?? 0;
  const near = lines.filter((other) => other.key === key && Math.abs(other.before - time) < NEAR);
  return { violation, log, lines: near };
}

/** The report in plain words. */
export function inWords(report: Report): string {
  const { verdict, seed, seconds, clients, took } = report;
  const { figures, counts } = verdict;
  const gaps = Object.entries(figures.gaps).map(
    ([reason, { count, longest, beyondFault }]) =>
      `  ${reason}: ${count}, the longest ${longest} ms, at most ${beyondFault} ms beyond its faults`,
  );
  return [
    `${verdict.green ? "GREEN" : "RED"}: seed ${seed}, ${seconds} s of faults, ${clients} clients, ${(took / 1000).toFixed(0)} s in all`,
    `faults: ${list(report.faults)}`,
    `the gateway had to wait for a processor for ${report.waited} ms in all`,
    `ledger: ${figures.lines} events written, of ${figures.maybes} of them nobody knows whether they were; ${figures.rollbacks} acknowledged writes lost by Redis itself`,
    `owed on ${figures.streams} channels of clients (${list(report.transports)}): ${figures.owed}; delivered once ${figures.delivered}, inside a gap that was told ${figures.inGap}`,
    `resumed ${figures.resumed} times exactly, ${figures.notResumed} times with a gap`,
    `refused for now: ${list(report.refusals)}`,
    "gaps told:",
    ...gaps,
    ...(verdict.green ? [] : [`violations: ${list(counts)}`]),
    ...verdict.violations.map(
      ({ kind, client, channel, message }) =>
        `  ${kind}: ${client === undefined ? "" : `${client} on ${channel}: `}${message}`,
    ),
  ].join("\n");
}

function list(counts: Readonly<Record<string, number | undefined>>): string {
  return (
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ") || "none"
  );
}
