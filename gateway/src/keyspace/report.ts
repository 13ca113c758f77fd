/** What somebody who runs this would want to read in a log. */
export interface KeyspaceReport {
  readonly event:
    | "node_up"
    | "node_down"
    | "topology"
    | "refused"
    | "notifications_mended"
    | "flushed";
  readonly node?: string;
  readonly message: string;
}

export type Report = (report: KeyspaceReport) => void;
