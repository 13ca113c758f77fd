import { describe, expect, it } from "vitest";
import { Random } from "../random.js";
import type { Entry, FaultRecord, Line } from "../record.js";
import { sabotage } from "../sabotage.js";
import { check } from "./check.js";
import {
  at,
  CHANNEL,
  EPOCH,
  faithful,
  gap,
  ledger,
  line,
  record,
  stream,
  subscribed,
  told,
} from "./testing/story.js";

const LINES = ledger(12);

function countsOf(
  lines: readonly Line[],
  entries: readonly Entry[],
  faults: readonly FaultRecord[] = [],
) {
  return check(record(lines, entries, faults)).counts;
}

/** A node was away from the fourth event to the sixth: those were not told, and a gap says so. */
function withGap(from = at(3, -10), to = at(5, 500), missing = 3): Entry[] {
  const before = LINES.slice(0, 3).map((each, index) => told(each, index + 1));
  const after = LINES.slice(3 + missing).map((each, index) => told(each, index + 5));
  return [subscribed(), ...before, gap({ from, to, offset: 4 }), ...after];
}

const NODE_AWAY: FaultRecord = { kind: "kill_primary", from: at(3), to: at(5) };

/** After the third event the client was away; what it asked for and got when it came back follows. */
function away(...after: Entry[]): Entry[] {
  const before = LINES.slice(0, 3).map((each, index) => told(each, index + 1));
  const lost: Entry = { kind: "lost", at: at(3), goodUntil: at(2, 500) };
  return [subscribed(), ...before, lost, ...after];
}

const CLIENT_AWAY: FaultRecord = {
  kind: "clients_reconnected",
  from: at(3),
  to: at(6),
  clients: ["client-1"],
};
const SINCE = { epoch: EPOCH, offset: 3 };

describe("what is green", () => {
  it("everything told once, in order", () => {
    const verdict = check(record(LINES, faithful(LINES)));
    expect(verdict.violations).toEqual([]);
    expect(verdict.green).toBe(true);
    expect(verdict.figures).toMatchObject({ owed: 12, delivered: 12, inGap: 0, optional: 0 });
  });

  it("what is missing inside a gap that was told, which has an offset of its own", () => {
    const verdict = check(record(LINES, withGap(), [NODE_AWAY]));
    expect(verdict.violations).toEqual([]);
    expect(verdict.figures).toMatchObject({ owed: 12, delivered: 9, inGap: 3 });
    expect(verdict.figures.gaps["node_lost"]).toEqual({
      count: 1,
      longest: 2_510,
      beyondFault: 510,
    });
  });

  it("a connection that was resumed exactly", () => {
    const rest = LINES.slice(3).map((each, index) => told(each, index + 4));
    const resumed = subscribed({ at: at(6), offset: 3, resumed: true, since: SINCE });
    expect(countsOf(LINES, away(resumed, ...rest))).toEqual({});
  });

  it("a connection that could not be, with a gap that counts what is missing", () => {
    const resumed = subscribed({ at: at(6), offset: 3, resumed: false, since: SINCE });
    const missed = gap({
      reason: "history_expired",
      missed: 2,
      offset: 5,
      from: at(-5),
      to: at(5),
    });
    const rest = LINES.slice(5).map((each, index) => told(each, index + 6));
    expect(countsOf(LINES, away(resumed, missed, ...rest), [CLIENT_AWAY])).toEqual({});
  });

  it("another gateway, whose offsets begin anew behind a gap", () => {
    const restarted = subscribed({
      ...{ at: at(6), epoch: "epoch-2", offset: 40, resumed: false, since: SINCE },
    });
    const missed = gap({
      ...{ reason: "gateway_restarted", missed: null, offset: 40, from: at(-60), to: at(6, 1) },
    });
    const rest = LINES.slice(7).map((each, index) => told(each, index + 41));
    const killed: FaultRecord = { kind: "gateway_killed", from: at(3), to: at(6) };
    expect(countsOf(LINES, away(restarted, missed, ...rest), [killed])).toEqual({});
  });

  it("a short absence of a client that had heard nothing for long", () => {
    const quiet = LINES.slice(0, 3);
    const lost: Entry = { kind: "lost", at: at(10), goodUntil: at(2, 5) };
    const back = subscribed({ at: at(11), epoch: "epoch-2", resumed: false, since: SINCE });
    const restarted = { reason: "gateway_restarted", missed: null, from: at(-60), to: at(11) };
    const killed: FaultRecord = { kind: "gateway_killed", from: at(10), to: at(10, 500) };
    const entries = [...faithful(quiet), lost, back, gap(restarted)];
    const verdict = check(record(quiet, entries, [killed]));
    expect(verdict.violations).toEqual([]);
    expect(verdict.figures.gaps["gateway_restarted"]?.beyondFault).toBe(500);
    const late = { ...restarted, to: at(13, 501) };
    const entriesOfLate = [...faithful(quiet), lost, back, gap(late)];
    expect(countsOf(quiet, entriesOfLate, [killed])).toEqual({ long_gap: 1 });
  });

  it("an event of unknown outcome, told or not, and late", () => {
    const unknown = { ...line(12), outcome: "maybe" as const };
    const lines = [...LINES, unknown];
    expect(countsOf(lines, faithful(LINES))).toEqual({});
    const late: Entry = { ...told(unknown, 13), time: at(20) } as Entry;
    const verdict = check(record(lines, [...faithful(LINES), late]));
    expect(verdict.violations).toEqual([]);
    expect(verdict.figures.optional).toBe(1);
  });

  it("what was written before the channel was subscribed, told or not", () => {
    const early = [
      subscribed({ at: at(4, 500) }),
      ...LINES.slice(5).map((each, i) => told(each, i + 1)),
    ];
    expect(countsOf(LINES, early)).toEqual({});
  });
});

describe("what is red", () => {
  it("a dropped event, whose offset is missing with it", () => {
    const entries = faithful(LINES).filter((_, index) => index !== 5);
    expect(countsOf(LINES, entries)).toEqual({ lost: 1, offset: 1 });
  });

  it("a dropped event, even where the offsets hide it", () => {
    const fewer = LINES.filter(({ n }) => n !== 5);
    expect(countsOf(LINES, faithful(fewer))).toEqual({ lost: 1 });
  });

  it("a dropped event outside the gap that was told", () => {
    expect(countsOf(LINES, withGap(at(3, -10), at(5, 500), 4), [NODE_AWAY])).toEqual({ lost: 1 });
  });

  it("a duplicate", () => {
    const twice = [...LINES.slice(0, 6), line(5), ...LINES.slice(6)];
    expect(countsOf(LINES, faithful(twice))).toEqual({ duplicate: 1 });
  });

  it("two events of one key the other way round", () => {
    const [, , , a, , b] = LINES;
    if (a === undefined || b === undefined) throw new Error("the ledger is too short");
    const swapped = LINES.map((each) => (each === a ? b : each === b ? a : each));
    expect(countsOf(LINES, faithful(swapped))).toEqual({ order: 1 });
  });

  it("not two events of different keys: those have no order", () => {
    const [, , a, b] = LINES;
    if (a === undefined || b === undefined) throw new Error("the ledger is too short");
    const swapped = LINES.map((each) => (each === a ? b : each === b ? a : each));
    expect(countsOf(LINES, faithful(swapped))).toEqual({});
  });

  it("an event that nobody wrote, such as a moved key's restore", () => {
    const restore = { ...line(5, { event: "restore" }) };
    const entries = faithful([...LINES.slice(0, 6), restore, ...LINES.slice(6)]);
    expect(countsOf(LINES, entries)).toEqual({ unknown: 1 });
  });

  it("an event that the channel is not about", () => {
    const lines = [...LINES, line(12, { key: "b:1" })];
    expect(countsOf(lines, faithful(lines))).toEqual({ unknown: 1 });
  });

  it("an event that came long after it was written", () => {
    const late = faithful(LINES).map((entry) =>
      entry.kind === "event" && entry.offset === 12 ? { ...entry, time: at(30) } : entry,
    );
    expect(countsOf(LINES, late)).toEqual({ unknown: 1, lost: 1 });
  });

  it("an offset that jumps, or stands still", () => {
    const jump = faithful(LINES).map((entry) =>
      entry.kind === "event" && entry.offset > 5 ? { ...entry, offset: entry.offset + 1 } : entry,
    );
    expect(countsOf(LINES, jump)).toEqual({ offset: 1 });
    const still = faithful(LINES).map((entry) =>
      entry.kind === "event" && entry.offset > 5 ? { ...entry, offset: entry.offset - 1 } : entry,
    );
    expect(countsOf(LINES, still)).toEqual({ offset: 1 });
  });

  it("a gap that counts other than it jumps", () => {
    const resumed = subscribed({ at: at(6), offset: 3, resumed: false, since: SINCE });
    const missed = gap({
      reason: "history_expired",
      missed: 3,
      offset: 5,
      from: at(-5),
      to: at(5),
    });
    const rest = LINES.slice(5).map((each, index) => told(each, index + 6));
    expect(countsOf(LINES, away(resumed, missed, ...rest), [CLIENT_AWAY])).toEqual({ offset: 1 });
  });

  it("not resumed, and no gap that says so", () => {
    const resumed = subscribed({ at: at(2, 900), offset: 3, resumed: false, since: SINCE });
    const rest = LINES.slice(3).map((each, index) => told(each, index + 4));
    expect(countsOf(LINES, away(resumed, ...rest))).toEqual({ offset: 1 });
  });

  it("resumed at another place than was asked for", () => {
    const resumed = subscribed({ at: at(6), offset: 4, resumed: true, since: SINCE });
    const rest = LINES.slice(4).map((each, index) => told(each, index + 5));
    expect(countsOf(LINES, away(resumed, ...rest))).toEqual({ resume: 1, lost: 1 });
  });

  it("a gap that outlasts its fault by more than 3 s", () => {
    const late = withGap(at(3, -1_000), at(5, 2_001));
    expect(countsOf(LINES, late, [NODE_AWAY])).toEqual({ long_gap: 1 });
    expect(countsOf(LINES, withGap(at(3, -1_000), at(5, 2_000)), [NODE_AWAY])).toEqual({});
  });

  it("a gap with no fault behind it", () => {
    expect(countsOf(LINES, withGap())).toEqual({ unexplained_gap: 1 });
  });

  it("a gap on a key whose slot was not touched", () => {
    const channel = { name: "key:a:odd", kind: "key", rest: "a:odd" } as const;
    const quiet = [subscribed({ at: at(20) }), gap({ from: at(3), to: at(4), offset: 1 })];
    const elsewhere: FaultRecord = { ...NODE_AWAY, slots: [[0, 0]] };
    const streams = [stream(quiet, channel)];
    const of = (faults: readonly FaultRecord[]) =>
      check({ lines: LINES, rollbacks: [], streams, faults, leftovers: [] }).counts;
    expect(of([elsewhere])).toEqual({ unexplained_gap: 1 });
    expect(of([{ ...NODE_AWAY, slots: [[0, 16_383]] }])).toEqual({});
  });

  it("a gap that another client's trouble would have to explain", () => {
    const other: FaultRecord = { ...NODE_AWAY, clients: ["client-2"] };
    expect(countsOf(LINES, withGap(), [other])).toEqual({ unexplained_gap: 1 });
  });

  it("a gap far from where the events are missing", () => {
    const [first, ...rest] = withGap();
    const stray = rest.filter(({ kind }) => kind === "gap");
    const others = rest.filter(({ kind }) => kind !== "gap");
    if (first === undefined) throw new Error("the story is empty");
    const entries = [first, ...others, ...stray].map((entry, offset) =>
      entry.kind === "subscribed" ? entry : { ...entry, offset },
    );
    expect(countsOf(LINES, entries as Entry[], [NODE_AWAY])).toEqual({ misplaced_gap: 1 });
  });

  it("a loss before the client's last sign of life, whatever the gap says", () => {
    const restarted = subscribed({
      ...{ at: at(6), epoch: "epoch-2", offset: 0, resumed: false, since: { ...SINCE, offset: 2 } },
    });
    const missed = gap({
      ...{ reason: "gateway_restarted", missed: null, offset: 0, from: at(-60), to: at(6, 1) },
    });
    const rest = LINES.slice(7).map((each, index) => told(each, index + 1));
    const killed: FaultRecord = { kind: "gateway_killed", from: at(3), to: at(6) };
    const [first, ...others] = away(restarted, missed, ...rest);
    // The first event is gone from the log as if it had never come: four beats before the end.
    const poorer = others
      .filter((entry) => !(entry.kind === "event" && entry.at === at(0, 5)))
      .map((entry) =>
        entry.kind === "event" && entry.at < at(3) ? { ...entry, offset: entry.offset - 1 } : entry,
      );
    const entries = first === undefined ? [] : [first, ...poorer];
    expect(countsOf(LINES, entries, [killed])).toEqual({ lost: 1 });
  });

  it("a demoted node's word, inside the gap that its demotion is as well", () => {
    const stray = (about: Partial<Line>): Entry =>
      ({ ...told(line(3, about), 0), time: at(3, 400) }) as Entry;
    const before = LINES.slice(0, 3).map((each, index) => told(each, index + 1));
    const story = (about: Partial<Line>) =>
      [
        subscribed(),
        ...before,
        stray(about),
        gap({ reason: "failover", from: at(3, -10), to: at(3, 500) }),
        ...LINES.slice(4).map((each) => told(each, 0)),
      ].map((entry, offset) =>
        entry.kind === "subscribed" ? entry : { ...entry, offset },
      ) as Entry[];
    expect(countsOf(LINES, story({ event: "lset" }), [NODE_AWAY])).toEqual({ unknown: 1 });
    expect(countsOf(LINES, story({ key: "a:even", event: "append" }), [NODE_AWAY])).toEqual({
      duplicate: 1,
    });
  });

  it("a write that a failover undid, where nothing told of the failover", () => {
    const rollbacks = [{ n: 2, by: at(4) }];
    const quiet = { ...record(LINES, faithful(LINES)), rollbacks };
    expect(check(quiet).counts).toEqual({ silent_rollback: 1 });
    const warned = { ...record(LINES, withGap(), [NODE_AWAY]), rollbacks };
    expect(check(warned).counts).toEqual({});
    const elsewhere = { ...warned, rollbacks: [{ n: 7, by: at(9) }] };
    expect(check(elsewhere).counts).toEqual({ silent_rollback: 1 });
  });

  it("a client that was not served in the end, or never", () => {
    expect(check(record([], [])).counts).toEqual({ silent: 1 });
    expect(countsOf([], away())).toEqual({ unknown: 3, silent: 1 });
  });

  it("what is left behind", () => {
    const clean = record(LINES, faithful(LINES));
    const verdict = check({ ...clean, leftovers: ["the gateway has the channel prefix:a:"] });
    expect(verdict.counts).toEqual({ leftover: 1 });
  });
});

describe("sabotage", () => {
  it("goes red whichever event it takes", () => {
    const whole = record(LINES, faithful(LINES));
    for (let seed = 1; seed <= 50; seed++) {
      const { record: poorer, channel } = sabotage(whole, new Random(seed));
      expect(channel).toBe(CHANNEL.name);
      expect(check(poorer).counts).toEqual({ lost: 1, offset: 1 });
    }
  });
});
