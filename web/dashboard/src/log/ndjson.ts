import type { Row } from "./row.js";

/** Rows as newline-delimited JSON, oldest first: messages as they came over the wire. */
export function toNdjson(rows: Iterable<Row>): string {
  let text = "";
  for (const row of rows) text += `${JSON.stringify(record(row))}\n`;
  return text;
}

function record(row: Row): unknown {
  if (row.kind !== "notice") return row.message;
  const { level, code, text, channel } = row.notice;
  return { type: "notice", level, code, message: text, channel, time: row.time };
}
