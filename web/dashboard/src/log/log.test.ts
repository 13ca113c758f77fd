import { describe, expect, it } from "vitest";
import { EventLog } from "./log.js";
import type { Entry, Row } from "./row.js";

const TIME = 1_780_000_000_000;

function event(offset: number, name = "set"): Entry {
  const message = { type: "event", channel: "prefix:", offset, event: name } as const;
  return { kind: "event", message: { ...message, key: `k${offset}`, db: 0, time: TIME + offset } };
}

const gap: Entry = {
  kind: "gap",
  message: {
    type: "gap",
    channel: "prefix:",
    offset: 9,
    reason: "node_lost",
    from: TIME,
    to: TIME + 500,
  },
};

const notice: Entry = {
  kind: "notice",
  time: TIME,
  notice: { level: "error", code: "forbidden", text: "not allowed", channel: "prefix:" },
};

function keys(log: EventLog): (string | null)[] {
  const rows: (Row | undefined)[] = [];
  for (let index = 0; index < log.size; index++) rows.push(log.at(index));
  return rows.map((row) => (row?.kind === "event" ? row.message.key : (row?.kind ?? null)));
}

describe("EventLog", () => {
  it("shows the newest first and keeps only as many as it may", () => {
    const log = new EventLog(3);
    for (let offset = 1; offset <= 5; offset++) log.add(event(offset));
    expect(keys(log)).toEqual(["k5", "k4", "k3"]);
    expect(log.received).toBe(5);
    expect(log.kept).toBe(3);
  });

  it("keeps fewer rows where their keys are long, shown or waiting", () => {
    const log = new EventLog(100, 1_000);
    const long = (offset: number): Entry => {
      const entry = event(offset);
      if (entry.kind !== "event") return entry;
      return { ...entry, message: { ...entry.message, key: String(offset).repeat(300) } };
    };
    for (let offset = 1; offset <= 5; offset++) log.add(long(offset));
    expect([log.kept, log.size, log.received, [...log.counts]]).toEqual([3, 3, 5, [["set", 3]]]);
    expect(keys(log).map((key) => key?.[0])).toEqual(["5", "4", "3"]);
    log.hold();
    for (let offset = 6; offset <= 9; offset++) log.add(long(offset));
    expect(log.waiting).toBe(4);
    log.release();
    expect(keys(log).map((key) => key?.[0])).toEqual(["9", "8", "7"]);
    log.clear();
    for (let offset = 1; offset <= 9; offset++) log.add(event(offset));
    expect(log.kept).toBe(9);
  });

  it("counts the event names of the rows it keeps", () => {
    const log = new EventLog(3);
    for (const name of ["set", "del", "set", "set"]) log.add(event(1, name));
    expect([...log.counts]).toEqual([
      ["set", 2],
      ["del", 1],
    ]);
    log.add(event(2, "set"));
    log.add(event(3, "set"));
    expect([...log.counts]).toEqual([["set", 3]]);
  });

  it("filters what it has and what comes, and never hides a gap or a notice", () => {
    const log = new EventLog(10);
    log.add(event(1, "set"));
    log.add(event(2, "del"));
    log.add(gap);
    log.setFilter(new Set(["del"]));
    expect(keys(log)).toEqual(["gap", "k2"]);
    log.add(event(3, "set"));
    log.add(event(4, "del"));
    log.add(notice);
    expect(keys(log)).toEqual(["notice", "k4", "gap", "k2"]);
    log.setFilter(new Set());
    expect(keys(log)).toEqual(["notice", "k4", "k3", "gap", "k2", "k1"]);
  });

  it("drops filtered rows with the rows they stand for", () => {
    const log = new EventLog(4);
    log.setFilter(new Set(["del"]));
    const names = ["del", "set", "del", "set", "set", "set"];
    for (const [index, name] of names.entries()) log.add(event(index, name));
    expect(keys(log)).toEqual(["k2"]);
    log.add(event(6, "set"));
    expect(keys(log)).toEqual([]);
  });

  it("holds rows still while somebody reads, counts what waits, and takes it in afterwards", () => {
    const log = new EventLog(10);
    log.add(event(1));
    log.hold();
    log.add(event(2));
    log.add(gap);
    expect(keys(log)).toEqual(["k1"]);
    expect(log.waiting).toBe(2);
    expect(log.received).toBe(2);
    log.release();
    expect(keys(log)).toEqual(["gap", "k2", "k1"]);
    expect(log.waiting).toBe(0);
  });

  it("keeps the wait within bounds and still tells how many came", () => {
    const log = new EventLog(3);
    log.add(event(1));
    log.hold();
    for (let offset = 2; offset <= 9; offset++) log.add(event(offset));
    expect(log.waiting).toBe(8);
    expect(keys(log)).toEqual(["k1"]);
    log.release();
    expect(keys(log)).toEqual(["k9", "k8", "k7"]);
    expect(log.received).toBe(9);
  });

  it("forgets everything when cleared, also what waits, but not that it is held", () => {
    const log = new EventLog(5);
    log.setFilter(new Set(["set"]));
    log.add(event(1));
    log.hold();
    log.add(event(2));
    log.clear();
    expect([log.size, log.kept, log.received, log.waiting, log.counts.size]).toEqual([
      0, 0, 0, 0, 0,
    ]);
    log.add(event(3));
    log.release();
    expect(keys(log)).toEqual(["k3"]);
  });

  it("finds a row again wherever newer ones and the filter have moved it", () => {
    const log = new EventLog(8);
    for (let offset = 0; offset < 20; offset++) log.add(event(offset, offset % 3 ? "set" : "del"));
    for (const filter of [[], ["del"], ["set"]]) {
      log.setFilter(new Set(filter));
      for (let index = 0; index < log.size; index++) {
        expect(log.indexOf(log.at(index)?.id ?? -1)).toBe(index);
      }
    }
    expect(log.indexOf(12)).toBe(-1);
    expect(log.indexOf(3)).toBe(-1);
    expect(log.indexOf(99)).toBe(-1);
  });

  it("gives each row a number of its own, so that a list can tell them apart", () => {
    const log = new EventLog(2);
    for (const entry of [event(1), event(1), gap, gap]) log.add(entry);
    expect([log.at(0)?.id, log.at(1)?.id]).toEqual([3, 2]);
  });
});
