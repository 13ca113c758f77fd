import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { countsOf, fromChecks, fromPlaywright, fromVitest, total } from "./counts.mjs";

/** @type {string} */
let folder;
/** @type {string} */
let file;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keywire-counts-"));
  file = join(folder, "report.json");
});

afterEach(() => rmSync(folder, { recursive: true }));

const passing = { status: "passed", assertionResults: [{ status: "passed" }] };
const failing = { status: "failed", assertionResults: [{ status: "failed" }, { status: "todo" }] };
const unloadable = { status: "failed", assertionResults: [] };

/** @param {unknown} report */
const write = (report) => writeFileSync(file, JSON.stringify(report));

describe("a stage", () => {
  it("counts what its report says", () => {
    write({ testResults: [passing, passing, failing] });
    expect(countsOf(file, fromVitest, 1)).toEqual({ passed: 2, failed: 1, skipped: 1 });
  });

  it("has failed when its program failed, whatever the report says", () => {
    write({ testResults: [passing] });
    expect(countsOf(file, fromVitest, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  it("has failed when it ran no test", () => {
    write({ testResults: [] });
    expect(countsOf(file, fromVitest, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  it("has failed when it left no report", () => {
    expect(countsOf(file, fromVitest, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});

it("a test file that cannot be loaded has failed", () => {
  expect(fromVitest({ testResults: [passing, unloadable] }).failed).toBe(1);
});

it("a browser test that passed at the second attempt has failed, and so has a broken file", () => {
  const stats = { expected: 5, unexpected: 1, flaky: 2, skipped: 3 };
  expect(fromPlaywright({ stats, errors: [{}] })).toEqual({ passed: 5, failed: 4, skipped: 3 });
});

it("each check counts as one", () => {
  const outcomes = [{ faults: [] }, { faults: ["a", "b"] }];
  expect(fromChecks(outcomes)).toEqual({ passed: 1, failed: 1, skipped: 0 });
});

it("the total is over all stages", () => {
  const counts = [
    { passed: 1, failed: 0, skipped: 2 },
    { passed: 3, failed: 4, skipped: 0 },
  ];
  expect(total(counts)).toEqual({ passed: 4, failed: 4, skipped: 2 });
});
