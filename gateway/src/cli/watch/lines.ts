import type { EventMessage, GapMessage, SequencedMessage, SnapshotMessage } from "@keywire/shared";
import { visible } from "../../observe/visible.js";
import { type Output, style } from "../output.js";

/** Events' names are rarely longer. */
const EVENT_WIDTH = 9;

/** A message as people read it. */
export function messageLine(
  message: SequencedMessage,
  output: Pick<Output, "color">,
  manyChannels: boolean,
): string {
  const origin = manyChannels ? `  ${style(output, "dim", visible(message.channel))}` : "";
  switch (message.type) {
    case "event":
      return `${eventLine(message, output)}${origin}`;
    case "gap":
      return `${style(output, "yellow", gapLine(message))}${origin}`;
    case "snapshot":
      return `${style(output, "dim", snapshotLine(message))}${origin}`;
  }
}

function eventLine(message: EventMessage, output: Pick<Output, "color">): string {
  const { event, key, key_raw: raw, db, time } = message;
  const shown = key === null ? `base64:${raw}` : visible(key);
  const where = db === 0 ? "" : style(output, "dim", `  db ${db}`);
  const when = style(output, "dim", clock(time));
  return `${when}  ${style(output, "cyan", visible(event).padEnd(EVENT_WIDTH))}  ${shown}${where}`;
}

function gapLine({ reason, from, to, missed }: GapMessage): string {
  const what =
    typeof missed === "number"
      ? `${missed} ${missed === 1 ? "message is" : "messages are"} missing`
      : "events may be missing";
  return `${clock(to)}  gap        ${what} between ${clock(from)} and ${clock(to)} (${reason})`;
}

function snapshotLine({ snapshot, truncated }: SnapshotMessage): string {
  return `${" ".repeat(12)}  snapshot   ${snapshot.length} keys${truncated ? ", and more" : ""}`;
}

/** Local time to the millisecond. */
function clock(time: number): string {
  const date = new Date(time);
  return `${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
