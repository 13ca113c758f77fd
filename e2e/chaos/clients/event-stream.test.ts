import { expect, it } from "vitest";
import { EventStreamReader, type StreamEvent } from "./event-stream.js";

function read(...pieces: readonly string[]): StreamEvent[] {
  const events: StreamEvent[] = [];
  const reader = new EventStreamReader((event) => events.push(event));
  for (const piece of pieces) reader.take(piece);
  return events;
}

const STREAM =
  ': hello\n\nevent: event\nid: a1\ndata: {"offset":1}\n\ndata: two\ndata: lines\n\r\nid:b2\r\ndata:x\r\n\r\n';
const EVENTS = [
  { data: '{"offset":1}', id: "a1" },
  { data: "two\nlines", id: "a1" },
  { data: "x", id: "b2" },
];

it("reads events, ids and comments", () => {
  expect(read(STREAM)).toEqual(EVENTS);
});

it("reads them byte by byte", () => {
  expect(read(...STREAM)).toEqual(EVENTS);
});

it("tells no event before its blank line", () => {
  expect(read("data: x\n")).toEqual([]);
  expect(read("data: x\n", "\n")).toHaveLength(1);
});
