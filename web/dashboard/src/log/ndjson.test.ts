import type { EventMessage } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { toNdjson } from "./ndjson.js";
import { type Row, toRow } from "./row.js";

const message: EventMessage = {
  type: "event",
  channel: "prefix:",
  offset: 1,
  event: "set",
  key: "two\nlines",
  db: 0,
  time: 1_780_000_000_000,
};

describe("toNdjson", () => {
  it("is one line of JSON per row, whatever a key holds", () => {
    const rows: Row[] = [
      toRow(0, { kind: "event", message }),
      toRow(1, {
        kind: "notice",
        time: 5,
        notice: { level: "info", code: "reconnected", text: "Back.", channel: null },
      }),
    ];
    const lines = toNdjson(rows).split("\n");
    expect(lines.length).toBe(3);
    expect(lines[2]).toBe("");
    expect(JSON.parse(lines[0] ?? "")).toEqual(message);
    expect(JSON.parse(lines[1] ?? "")).toEqual({
      type: "notice",
      level: "info",
      code: "reconnected",
      message: "Back.",
      channel: null,
      time: 5,
    });
  });
});
