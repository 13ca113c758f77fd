import { SLOTS } from "@keywire/shared";
import { expect, it } from "vitest";
import type { SlotRange } from "./cluster-nodes.js";
import { Supplanted } from "./supplanted.js";
import { type Migration, Topology } from "./topology.js";

type Owners = Readonly<Record<string, readonly SlotRange[]>>;

const HALVES = { A: [[0, 8_191]], B: [[8_192, SLOTS - 1]] } satisfies Owners;
const REPLACED = { R: HALVES.A, B: HALVES.B } satisfies Owners;

function topology(owners: Owners, migrations: readonly Migration[] = []): Topology {
  const bySlot = Array<string | undefined>(SLOTS).fill(undefined);
  const primaries = Object.entries(owners).map(([id, slots]) => {
    for (const [first, last] of slots) bySlot.fill(id, first, last + 1);
    return { id, host: id, port: 1, slots, epoch: 1 };
  });
  return new Topology(primaries, bySlot, migrations);
}

/** Looks one after the other, at these times; answers who is believed to be a primary. */
function looks() {
  const supplanted = new Supplanted();
  let previous = new Topology([], []);
  return (now: number, owners: Owners, migrations: readonly Migration[] = []) => {
    previous = supplanted.filter(topology(owners, migrations), previous, now);
    return [...previous.primaries.keys()].sort().join("");
  };
}

it("does not believe a primary that was replaced and does not know it yet", () => {
  const look = looks();
  expect(look(1_000, HALVES)).toBe("AB");
  expect(look(2_000, { ...REPLACED, A: [] })).toBe("BR");
  expect(look(3_000, REPLACED)).toBe("BR");
});

it("nor one that comes back when everybody has long forgotten its slots", () => {
  const look = looks();
  look(1_000, HALVES);
  expect(look(2_000, REPLACED)).toBe("BR");
  expect(look(9_000, { ...REPLACED, A: [] })).toBe("BR");
  expect(look(10_000, { ...REPLACED, A: [] })).toBe("BR");
  expect(look(11_000, REPLACED)).toBe("BR");
});

it("believes an empty one that stays, is given slots, or has keys on their way to it", () => {
  const stays = looks();
  stays(1_000, HALVES);
  expect(stays(2_000, { ...HALVES, N: [] })).toBe("AB");
  expect(stays(5_000, { ...HALVES, N: [] })).toBe("AB");
  expect(stays(5_001, { ...HALVES, N: [] })).toBe("ABN");
  expect(stays(6_000, { ...HALVES, N: [] })).toBe("ABN");

  const given = looks();
  given(1_000, HALVES);
  expect(given(2_000, { ...HALVES, A: [[1, 8_191]], N: [[0, 0]] })).toBe("ABN");

  const target = looks();
  target(1_000, HALVES);
  expect(
    target(2_000, { ...HALVES, N: [] }, [{ slot: 0, from: "A", to: "N", isAsking: false }]),
  ).toBe("ABN");
});

it("believes all at the first look", () => {
  expect(looks()(1_000, { ...HALVES, N: [] })).toBe("ABN");
});
