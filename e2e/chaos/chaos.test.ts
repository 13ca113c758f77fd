import { beforeAll, expect, it } from "vitest";
import { check } from "./checker/check.js";
import { Random } from "./random.js";
import { inWords, reportOf } from "./report.js";
import { type ChaosRun, runChaos } from "./run.js";
import { sabotage } from "./sabotage.js";

/** Any will do; this one comes to every kind of fault within its time. */
const SEED = 20_260_802;
/** Of faults: with starting and settling it is about a minute and a half. */
const SECONDS = 60;
const CLIENTS = 40;
/** Of faults; all are 14, which a slow machine may not come to. */
const LEAST_KINDS = 9;

let run: ChaosRun;
const said: string[] = [];

beforeAll(async () => {
  const say = (line: string) => said.push(line);
  run = await runChaos({ seed: SEED, seconds: SECONDS, clients: CLIENTS, say });
}, 300_000);

it("tells every client of every event once and in order, or of the gap in which it is missing", () => {
  const verdict = check(run.record);
  const report = reportOf({ seed: SEED, seconds: SECONDS, clients: CLIENTS }, run, verdict);
  const words = inWords(report);
  console.log(words);
  expect(verdict.green, [...said, words].join("\n")).toBe(true);
  // A run in which little happened proves little.
  expect(verdict.figures.owed).toBeGreaterThan(10_000);
  expect(verdict.figures.delivered).toBeGreaterThan(verdict.figures.owed * 0.75);
  expect(verdict.figures.resumed).toBeGreaterThan(0);
  expect(Object.keys(report.faults).length).toBeGreaterThanOrEqual(LEAST_KINDS);
});

it("would notice a single event that one client was not told of", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const { record } = sabotage(run.record, new Random(seed));
    expect(check(record).green).toBe(false);
  }
});
