/** How one thing was found: `skip` where it could not be looked at. */
export type Verdict = "ok" | "warn" | "fail" | "skip";

export interface Finding {
  /** What was looked at. */
  readonly what: string;
  readonly verdict: Verdict;
  readonly detail: string;
  /** The command, or the sentence, that mends it. */
  readonly remedy?: string;
}

export interface NodeReport {
  /** `host:port` */
  readonly address: string;
  readonly findings: readonly Finding[];
}

export interface DoctorReport {
  /** The Redis as it was named, without its password. */
  readonly redis: string;
  /** Of the deployment as a whole. */
  readonly findings: readonly Finding[];
  readonly nodes: readonly NodeReport[];
}

export function ok(what: string, detail: string): Finding {
  return { what, verdict: "ok", detail };
}

export function warn(what: string, detail: string, remedy?: string): Finding {
  return { what, verdict: "warn", detail, ...(remedy === undefined ? {} : { remedy }) };
}

export function fail(what: string, detail: string, remedy?: string): Finding {
  return { what, verdict: "fail", detail, ...(remedy === undefined ? {} : { remedy }) };
}

export function skip(what: string, detail: string): Finding {
  return { what, verdict: "skip", detail };
}

export function allFindings({ findings, nodes }: DoctorReport): Finding[] {
  return [...findings, ...nodes.flatMap((node) => node.findings)];
}
