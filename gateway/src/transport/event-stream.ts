import { placeOf } from "./cursor.js";
import type { Encoder } from "./ports.js";

/** A comment, which keeps proxies from closing a quiet stream. */
export const COMMENT = ":\n\n";

/** One SSE event; a message's JSON has no line breaks, so it is one line of data. */
export function eventOf(type: string, text: string, id?: string): string {
  const idLine = id === undefined ? "" : `id: ${id}\n`;
  return `event: ${type}\n${idLine}data: ${text}\n\n`;
}

/** Tells a browser how long to wait before it comes back, ms. */
export function retryIn(ms: number): string {
  return `retry: ${ms}\n\n`;
}

/** What all streams of one channel alone send: their ids are the same for all of them. */
export const ONE_CHANNEL: Encoder = {
  encode: ({ channel, epoch, entries }) =>
    Buffer.from(
      entries
        .map(({ type, text, offset }) => eventOf(type, text, placeOf(channel, epoch, offset)))
        .join(""),
    ),
};
