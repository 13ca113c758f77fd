import type { EventMessage, GapMessage } from "@keywire/shared";

/** Something that a reader of the stream must know and that is no event and no gap. */
export interface Notice {
  readonly level: "info" | "error";
  readonly code: string;
  readonly text: string;
  /** null where it concerns all channels. */
  readonly channel: string | null;
}

/** One line of the log. Events and gaps stay the messages that they came as. */
export type Row = { readonly id: number; readonly time: number } & (
  | { readonly kind: "event"; readonly message: EventMessage }
  | { readonly kind: "gap"; readonly message: GapMessage }
  | { readonly kind: "notice"; readonly notice: Notice }
);

/** A row as it arrives, before the log numbers it. */
export type Entry =
  | { readonly kind: "event"; readonly message: EventMessage }
  | { readonly kind: "gap"; readonly message: GapMessage }
  | { readonly kind: "notice"; readonly notice: Notice; readonly time: number };

export function toRow(id: number, entry: Entry): Row {
  switch (entry.kind) {
    case "event":
      return { id, time: entry.message.time, ...entry };
    case "gap":
      return { id, time: entry.message.to, ...entry };
    case "notice":
      return { id, ...entry };
  }
}

/** Characters of what others may make as long as they like: they are most of what a row takes. */
export function lengthOf(row: Row): number {
  switch (row.kind) {
    case "event":
      return (row.message.key ?? row.message.key_raw ?? "").length;
    case "gap":
      return 0;
    case "notice":
      return row.notice.text.length;
  }
}
