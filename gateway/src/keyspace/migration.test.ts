import { describe, expect, it } from "vitest";
import { type Fate, MigrationFilter } from "./migration.js";
import type { Notification } from "./notification.js";
import { SLOTS, slotOf } from "./slot.js";
import { type Migration, Topology } from "./topology.js";

const KEY = Buffer.from("k");
const SLOT = slotOf(KEY);

function setup(migrations: readonly Migration[] = []) {
  const owners = Array<string>(SLOTS).fill("A");
  const primaries = ["A", "B"].map((id) => ({ id, host: id, port: 1, slots: [] }));
  const questions: { resolve: (fate: Fate) => void; reject: (error: Error) => void }[] = [];
  const told: string[] = [];
  const time = { now: 10_000 };
  let stale = 0;
  const filter = new MigrationFilter({
    topology: () => new Topology(primaries, owners, migrations),
    now: () => time.now,
    fateOf: () => new Promise((resolve, reject) => questions.push({ resolve, reject })),
    stale: () => stale++,
  });
  const raise = (node: string, event: string, isExact = false, key = KEY) => {
    const notification: Notification = { node, db: 0, key, event, receivedAt: time.now };
    filter.admit(notification, isExact, () => told.push(`${node} ${event}`));
  };
  const answer = async (fate: Fate | Error) => {
    const question = questions.shift();
    if (fate instanceof Error) question?.reject(fate);
    else question?.resolve(fate);
    await new Promise(setImmediate);
  };
  return { raise, answer, told, questions, time, staleCount: () => stale };
}

const moving: Migration = { slot: SLOT, from: "A", to: "B" };

describe("MigrationFilter", () => {
  it("does not show the restore and del of a key that moves", async () => {
    const { raise, answer, told } = setup([moving]);
    raise("A", "set");
    raise("B", "restore");
    raise("A", "del");
    raise("B", "append");
    expect(told).toEqual(["A set"]);
    await answer("moved");
    expect(told).toEqual(["A set", "B append"]);
  });

  it("shows a real del in a slot that moves, and what came behind it in its order", async () => {
    const { raise, answer, told } = setup([moving]);
    raise("A", "del");
    raise("B", "set");
    raise("B", "append");
    await answer("deleted");
    expect(told).toEqual(["A del", "B set", "B append"]);
  });

  it("looks twice at every del of a key that is listened to on its owner alone", async () => {
    const { raise, answer, told } = setup();
    raise("A", "del", true);
    expect(told).toEqual([]);
    await answer("moved");
    expect(told).toEqual([]);
  });

  it("tells a del at once where nothing moves, and an event of another key whatever is held", () => {
    const { raise, told, questions } = setup([{ ...moving, slot: SLOT + 1 }]);
    raise("A", "del");
    raise("A", "del", true);
    raise("A", "set", false, Buffer.from("other"));
    expect(told).toEqual(["A del", "A set"]);
    expect(questions).toHaveLength(1);
  });

  it("takes a restore on a node that does not own the slot for a sign, and asks for a new look", async () => {
    const { raise, answer, told, staleCount, questions, time } = setup();
    raise("B", "restore");
    expect(staleCount()).toBe(1);
    raise("A", "del");
    expect(questions).toHaveLength(1);
    await answer("moved");
    expect(told).toEqual([]);
    time.now += 3_001;
    raise("A", "del");
    expect(told).toEqual(["A del"]);
  });

  it("ends with the key's life where the del of an unforeseen move was told before", () => {
    const { raise, told } = setup();
    raise("A", "del");
    raise("B", "restore");
    expect(told).toEqual(["A del", "B restore"]);
  });

  it("tells a RESTORE on the owner, and a del where nobody answers the question", async () => {
    const { raise, answer, told } = setup();
    raise("A", "restore");
    raise("A", "del", true);
    await answer(new Error("timed out"));
    expect(told).toEqual(["A restore", "A del"]);
  });
});
