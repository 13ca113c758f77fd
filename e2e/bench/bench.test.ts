import { describe, expect, it } from "vitest";
import { runBench, type WorkloadResult } from "./run.js";
import { marksOf, marksTable, tableOf } from "./table.js";
import { ratioMark, type Workload } from "./workload.js";
import { WORKLOADS } from "./workloads/index.js";

/** Tiny, and of some cases: this shows that the harness works, and says nothing about speed. */
async function smoke(name: string, cases: readonly string[]): Promise<WorkloadResult> {
  const found = WORKLOADS.find((workload) => workload.name === name);
  if (found === undefined) throw new Error(`there is no workload ${name}`);
  const some = found.cases.filter((one) => cases.includes(one.name));
  expect(some.map((one) => one.name)).toEqual(cases);
  const workload: Workload = { ...found, cases: some };
  const options = { workloads: [workload], rounds: 1, size: "smoke", say: () => {} } as const;
  const [result] = await runBench(options);
  if (result === undefined) throw new Error("nothing was run");
  return result;
}

const figures = ({ medians }: WorkloadResult, name: string) => medians.get(name) ?? {};

it.each([
  ["fan-out-1000", ["floor", "keywire", "naive ws", "socket.io"]],
  ["own-keys", ["floor", "keywire", "least"]],
  ["value-hot", ["floor", "keywire"]],
  ["sse", ["keywire", "keywire over SSE"]],
  ["patterns", ["keywire, 100", "floor, 10"]],
])("%s: every event is delivered to every client, by every server", async (name, cases) => {
  const result = await smoke(name, cases);
  for (const one of cases) {
    expect([one, figures(result, one)["lost"]]).toEqual([one, 0]);
    expect(Object.values(figures(result, one)).every(Number.isFinite)).toBe(true);
  }
  expect(tableOf(result)).toContain(cases.at(-1));
});

it("resume: clients that were cut off, and those of a server that was killed, come back", async () => {
  const cases = ["floor, killed", "keywire, killed", "keywire, cut off"];
  const result = await smoke("resume", cases);
  for (const one of cases) expect(figures(result, one)["ms"]).toBeGreaterThan(0);
});

it("intake: all that was written has been read", async () => {
  const result = await smoke("intake", ["ioredis alone", "keywire"]);
  expect(figures(result, "keywire")["cpu"]).toBeGreaterThan(0);
});

it("forwarder: all that was written has been confirmed by the broker, live and out of the fallback", async () => {
  const cases = ["rabbitmq-client alone", "keywire, live", "keywire, drain"];
  const result = await smoke("forwarder", cases);
  for (const one of cases) expect(figures(result, one)["/s"]).toBeGreaterThan(0);
  const { judgement } = marksOf([result])[0] ?? {};
  expect(judgement?.was).toContain("rabbitmq-client alone");
}, 180_000);

it("triggers: every event is handled, by a library and by a program", async () => {
  const cases = ["ioredis, one by one", "keywire, one call", "keywire, trivial"];
  const result = await smoke("triggers", cases);
  for (const one of cases) expect(figures(result, one)["/s"]).toBeGreaterThan(0);
});

it("workloads have names of their own, and so have their cases", () => {
  const names = WORKLOADS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { cases } of WORKLOADS) {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  }
});

describe("a mark", () => {
  const workload: Workload = {
    name: "x",
    title: "X",
    cases: [],
    marks: [ratioMark("speed", "cpu", ["ours", "theirs"], { most: 1.5 })],
  };
  const judged = (ours: number | undefined, theirs: number) => {
    const medians = new Map([["theirs", { cpu: theirs }]]);
    if (ours !== undefined) medians.set("ours", { cpu: ours });
    return [{ workload, medians, rounds: new Map(), missing: [] }];
  };

  it.each([
    [3, 2, true],
    [3.1, 2, false],
  ])("of %d against %d is reached: %s", (ours, theirs, reached) => {
    const [{ judgement } = { judgement: undefined }] = marksOf(judged(ours, theirs));
    expect(judgement?.reached).toBe(reached);
    expect(marksTable(judged(ours, theirs)).includes("NOT REACHED")).toBe(!reached);
  });

  it("that was not measured says so", () => {
    expect(marksTable(judged(undefined, 2))).toContain("not measured");
  });
});
