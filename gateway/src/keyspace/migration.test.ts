import { SLOTS, slotOf } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { type Fate, MigrationFilter } from "./migration.js";
import type { Notification } from "./notification.js";
import { type Migration, Topology } from "./topology.js";

const KEY = Buffer.from("k");
const SLOT = slotOf(KEY);

function setup(migrations: readonly Migration[] = []) {
  const owners = Array<string>(SLOTS).fill("A");
  const epochs: Record<string, number> = {};
  const found = { migrations };
  const looks: (() => void)[] = [];
  const topologyNow = () => {
    const primaries = ["A", "B"].map((id) => ({
      id,
      host: id,
      port: 1,
      slots: [],
      epoch: epochs[id] ?? 1,
    }));
    return new Topology(primaries, owners, found.migrations);
  };
  const questions: { resolve: (fate: Fate) => void; reject: (error: Error) => void }[] = [];
  const told: string[] = [];
  const time = { now: 10_000 };
  let stale = 0;
  const filter = new MigrationFilter({
    topology: topologyNow,
    now: () => time.now,
    fateOf: () => new Promise((resolve, reject) => questions.push({ resolve, reject })),
    stale: () => stale++,
    nextLook: () => new Promise((resolve) => looks.push(resolve)),
  });
  const raise = (node: string, event: string, key = KEY) => {
    const latin1 = key.toString("latin1");
    const notification: Notification = {
      node,
      db: 0,
      key,
      latin1,
      isPlain: true,
      event,
      receivedAt: time.now,
    };
    filter.admit(notification, () => told.push(`${node} ${event}`));
  };
  const answer = async (fate: Fate | Error) => {
    const question = questions.shift();
    if (fate instanceof Error) question?.reject(fate);
    else question?.resolve(fate);
    await new Promise(setImmediate);
  };
  const look = async (change: { migrations?: readonly Migration[]; epochOfA?: number } = {}) => {
    if (change.migrations !== undefined) found.migrations = change.migrations;
    if (change.epochOfA !== undefined) epochs["A"] = change.epochOfA;
    for (const done of looks.splice(0)) done();
    await new Promise(setImmediate);
  };
  const fence = (name: string) => filter.barrier(() => told.push(name));
  return { raise, fence, answer, look, told, questions, time, staleCount: () => stale };
}

const moving: Migration = { slot: SLOT, from: "A", to: "B", isAsking: true };

describe("MigrationFilter", () => {
  it("does not show the restore and del of a key that moves", () => {
    const { raise, told, questions } = setup([moving]);
    raise("A", "set");
    raise("B", "restore");
    raise("A", "del");
    raise("B", "append");
    expect(told).toEqual(["A set", "B append"]);
    expect(questions).toEqual([]);
  });

  it("nor where the del is read first, whatever became of the key by then", async () => {
    for (const fate of ["moved", "deleted"] as const) {
      const { raise, answer, told } = setup();
      raise("A", "del");
      raise("B", "restore");
      raise("B", "append");
      raise("B", "del");
      expect(told).toEqual([]);
      await answer(fate);
      expect(told).toEqual(["B append"]);
      await answer("deleted");
      expect(told).toEqual(["B append", "B del"]);
    }
  });

  it("nor where the restore is read after the answer", async () => {
    const { raise, answer, told } = setup();
    raise("A", "del");
    await answer("moved");
    raise("B", "restore");
    raise("B", "append");
    expect(told).toEqual(["B append"]);
  });

  it("nor where the slot comes back before anybody looked", async () => {
    const { raise, answer, told, questions } = setup();
    raise("B", "restore");
    raise("A", "del");
    raise("B", "append");
    raise("A", "restore");
    raise("B", "del");
    raise("A", "set");
    expect(told).toEqual(["B append", "A set"]);
    expect(questions).toEqual([]);
    raise("A", "del");
    await answer("deleted");
    expect(told.at(-1)).toBe("A del");
  });

  it("shows a real del in a slot that moves, and what came behind it in its order", async () => {
    const { raise, answer, told } = setup([moving]);
    raise("A", "del");
    raise("B", "set");
    raise("B", "append");
    await answer("deleted");
    expect(told).toEqual(["A del", "B set", "B append"]);
  });

  it("shows a real del of a key that has just arrived", async () => {
    const { raise, answer, told } = setup([moving]);
    raise("B", "restore");
    raise("B", "del");
    await answer("deleted");
    raise("A", "del");
    expect(told).toEqual(["B del"]);
  });

  it("tells an event of another key at once whatever is held", () => {
    const { raise, told } = setup();
    raise("A", "del");
    raise("A", "set", Buffer.from("other"));
    expect(told).toEqual(["A set"]);
  });

  it("takes a restore on a node that does not own the slot for a sign, for a while", async () => {
    const { raise, look, told, staleCount, time } = setup();
    raise("B", "restore");
    expect(staleCount()).toBe(1);
    raise("A", "restore");
    expect(told).toEqual([]);
    time.now += 3_001;
    raise("A", "restore");
    await look();
    expect(told).toEqual(["A restore"]);
  });

  it("asks again for a key that a busy node does not answer for", async () => {
    const { raise, answer, look, told } = setup();
    raise("A", "del");
    await answer(new Error("timed out"));
    await look();
    await answer("moved");
    raise("B", "restore");
    raise("B", "append");
    expect(told).toEqual(["B append"]);
  });

  it("does not suspect a slot the longer for what it suspects", async () => {
    const { raise, look, told, time } = setup();
    raise("B", "restore");
    for (const passed of [1_000, 1_000, 999]) {
      time.now += passed;
      raise("A", "restore");
    }
    expect(told).toEqual([]);
    time.now += 2;
    raise("A", "restore");
    await look();
    expect(told).toEqual(["A restore"]);
  });

  it("does not show the restore of a key that comes back where nobody saw it go", async () => {
    const { raise, look, told } = setup();
    raise("A", "restore");
    raise("A", "append");
    raise("B", "del");
    expect(told).toEqual([]);
    await look({ epochOfA: 2 });
    expect(told).toEqual(["A append"]);
  });

  it("nor that of one that is on its way back when somebody looks", async () => {
    const { raise, look, told } = setup();
    raise("A", "restore");
    raise("B", "del");
    await look({ migrations: [{ slot: SLOT, from: "B", to: "A", isAsking: true }] });
    expect(told).toEqual([]);
  });

  it("tells a RESTORE on the owner, and a del where nobody answers the question", async () => {
    const { raise, answer, look, told } = setup();
    raise("A", "restore");
    raise("A", "del");
    await look();
    for (let time = 1; time <= 3; time++) {
      expect(told).toEqual(["A restore"]);
      await answer(new Error("timed out"));
      await look();
    }
    expect(told).toEqual(["A restore", "A del"]);
  });

  it("tells a fence behind all that was held back when it came, however often a key is held again", async () => {
    const { raise, fence, answer, told } = setup();
    const other = Buffer.from("other");
    fence("fence 1");
    raise("A", "del");
    raise("A", "set");
    raise("A", "del");
    fence("fence 2");
    raise("A", "append");
    raise("B", "del", other);
    fence("fence 3");
    raise("B", "incrby", Buffer.from("third"));
    expect(told).toEqual(["fence 1", "B incrby"]);
    await answer("deleted");
    expect(told).toEqual(["fence 1", "B incrby", "A del", "A set"]);
    await answer("deleted");
    expect(told.slice(4)).toEqual(["B del"]);
    await answer("deleted");
    expect(told.slice(5)).toEqual(["A del", "fence 2", "A append", "fence 3"]);
  });
});
