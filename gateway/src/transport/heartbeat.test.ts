import { VirtualClock } from "@keywire/shared/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Heartbeat, type HeartbeatOptions, type Living } from "./heartbeat.js";

const OPTIONS: HeartbeatOptions = { interval: 25_000, timeout: 10_000 };
/** ms by which a look may come late. */
const STEP = 1_000;

class Connection implements Living {
  readonly pings: number[] = [];
  missedAt: number | undefined;
  /** ms until it answers a ping; undefined for never. */
  answersAfter: number | undefined;
  readonly #clock: VirtualClock;
  readonly #heartbeat: Heartbeat<Connection>;

  constructor(clock: VirtualClock, heartbeat: Heartbeat<Connection>, answersAfter?: number) {
    this.#clock = clock;
    this.#heartbeat = heartbeat;
    this.answersAfter = answersAfter;
  }

  ping(): void {
    this.pings.push(this.#clock.now());
    const { answersAfter } = this;
    if (answersAfter === undefined) return;
    this.#clock.after(answersAfter, () => this.#heartbeat.heard(this));
  }

  missed(): void {
    if (this.missedAt !== undefined) throw new Error("given up twice");
    this.missedAt = this.#clock.now();
  }
}

function bench(options = OPTIONS) {
  const clock = new VirtualClock(0);
  const heartbeat = new Heartbeat<Connection>(clock, options);
  const connect = (answersAfter?: number) => {
    const connection = new Connection(clock, heartbeat, answersAfter);
    heartbeat.add(connection);
    return connection;
  };
  return { clock, heartbeat, connect };
}

describe("a heartbeat", () => {
  it("pings each connection every interval, from when it came", async () => {
    const { clock, connect } = bench();
    const first = connect(10);
    await clock.advance(7_000);
    const second = connect(10);
    await clock.advance(104_000);
    for (const [{ pings }, came] of [
      [first, 0],
      [second, 7_000],
    ] as const) {
      expect(pings).toHaveLength(4);
      for (const [index, at] of pings.entries()) {
        expect(at - came).toBeGreaterThanOrEqual((index + 1) * 25_000);
        expect(at - came).toBeLessThanOrEqual((index + 1) * (25_000 + STEP));
      }
    }
  });

  it("gives up who does not answer in time, once", async () => {
    const { clock, heartbeat, connect } = bench();
    const [silent, late, slow] = [connect(), connect(20_000), connect(9_000)];
    await clock.advance(100_000);
    for (const { missedAt } of [silent, late]) {
      expect(missedAt).toBeGreaterThanOrEqual(35_000);
      expect(missedAt).toBeLessThanOrEqual(35_000 + 2 * STEP);
    }
    expect(slow.missedAt).toBeUndefined();
    expect(heartbeat.size).toBe(1);
  });

  it("takes any sign of life for an answer", async () => {
    const { clock, heartbeat, connect } = bench();
    const connection = connect();
    for (let count = 0; count < 40; count++) {
      await clock.advance(5_000);
      heartbeat.heard(connection);
    }
    expect(connection.missedAt).toBeUndefined();
  });

  it("does not wait longer because it pings again meanwhile", async () => {
    const { clock, connect } = bench({ interval: 1_000, timeout: 10_000 });
    const connection = connect();
    await clock.advance(20_000);
    expect(connection.missedAt).toBeLessThanOrEqual(11_000 + STEP);
    expect(connection.pings.length).toBeGreaterThanOrEqual(9);
  });

  it("expects nothing where that is so", async () => {
    const { clock, connect } = bench({ interval: 15_000, timeout: undefined });
    const connection = connect();
    await clock.advance(100_000);
    expect(connection.pings).toHaveLength(6);
    expect(connection.missedAt).toBeUndefined();
  });

  it("has one timer for all, and none for nobody", async () => {
    const { clock, heartbeat, connect } = bench();
    const connections = Array.from({ length: 1_000 }, () => connect());
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    for (const connection of connections) heartbeat.remove(connection);
    expect(clock.pending).toBe(0);
  });

  it("holds for any coming, going and answering", async () => {
    const lives = fc.array(
      fc.record({
        comes: fc.nat(50_000),
        stays: fc.integer({ min: 1, max: 200_000 }),
        answersAfter: fc.option(fc.nat(20_000), { nil: undefined }),
      }),
      { minLength: 1, maxLength: 20, size: "max" },
    );
    await fc.assert(
      fc.asyncProperty(lives, async (all) => {
        const { clock, heartbeat, connect } = bench();
        const connections: [Connection, Life][] = [];
        for (const life of all) {
          clock.after(life.comes, () => {
            const connection = connect(life.answersAfter);
            connections.push([connection, life]);
            clock.after(life.stays, () => heartbeat.remove(connection));
          });
        }
        await clock.advance(300_000);
        for (const [connection, life] of connections) check(connection, life);
        expect(heartbeat.size).toBe(0);
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});

interface Life {
  readonly comes: number;
  readonly stays: number;
  readonly answersAfter: number | undefined;
}

/** Given up in time if it is silent and stays, never if it answers in time. */
function check({ missedAt }: Connection, { comes, stays, answersAfter = 1_000_000 }: Life): void {
  const due = comes + 35_000;
  if (answersAfter < 10_000) expect(missedAt).toBeUndefined();
  else if (answersAfter > 10_000 + 2 * STEP && comes + stays > due + 3 * STEP) {
    expect(missedAt).toBeLessThanOrEqual(due + 3 * STEP);
  }
  if (missedAt === undefined) return;
  expect(missedAt).toBeGreaterThanOrEqual(due);
  expect(missedAt).toBeLessThanOrEqual(comes + stays);
}
