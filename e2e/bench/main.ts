import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runBench, type WorkloadResult } from "./run.js";
import { marksOf, marksTable, tableOf } from "./table.js";
import type { Size, Workload } from "./workload.js";
import { WORKLOADS } from "./workloads/index.js";

const DEFAULT_ROUNDS = 3;

export const USAGE = `npm run bench -- [options]

  --only A,B     these workloads alone: ${WORKLOADS.map(({ name }) => name).join(", ")}
  --case NAME    of these, this row alone; may be repeated
  --rounds N     of each, of which the median counts; default ${DEFAULT_ROUNDS}
  --quick        half as long, for a first look
  --smoke        tiny: shows that the harness works, and says nothing about speed
  --profile      writes CPU profiles of the gateway beside the report; that slows it down
  --out FOLDER   for the report; default a new one for temporary files`;

/** Runs the benchmark; answers whether all marks that were measured are reached. */
export async function main(args: readonly string[]): Promise<boolean> {
  try {
    const options = readOptions(args);
    if (options !== undefined) return await measure(options);
    console.log(USAGE);
    return true;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    return false;
  }
}

/** What was asked for cannot be; the message says what can. */
class UsageError extends Error {}

async function measure(options: NonNullable<ReturnType<typeof readOptions>>): Promise<boolean> {
  const began = Date.now();
  const folder = await folderFor(options.out);
  const profile = options.profile ? folder : undefined;
  const results = await runBench({ ...options, profile, say: console.log });
  const report = [...results.map(tableOf), marksTable(results)].join("\n\n");
  await writeFile(join(folder, "bench.txt"), `${report}\n`);
  await writeFile(join(folder, "bench.json"), JSON.stringify(jsonOf(results, began), null, 1));
  console.log(`\n${report}\n\nwritten to ${folder}`);
  return marksOf(results).every(({ judgement }) => judgement?.reached !== false);
}

const OPTIONS = {
  only: { type: "string" },
  case: { type: "string", multiple: true },
  rounds: { type: "string" },
  out: { type: "string" },
  profile: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  smoke: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function readOptions(args: readonly string[]) {
  const values = parsed(args);
  if (values.help) return undefined;
  const size: Size = values.smoke ? "smoke" : values.quick ? "quick" : "full";
  const rounds = Number(values.rounds ?? DEFAULT_ROUNDS);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new UsageError(`--rounds takes a number from 1, not ${JSON.stringify(values.rounds)}`);
  }
  const workloads = chosen(values.only);
  checkCases(values.case ?? [], workloads);
  return { size, rounds, cases: values.case, out: values.out, profile: values.profile, workloads };
}

function checkCases(names: readonly string[], workloads: readonly Workload[]): void {
  const known = new Set(workloads.flatMap(({ cases }) => cases.map(({ name }) => name)));
  const unknown = names.find((name) => !known.has(name));
  if (unknown === undefined) return;
  throw new UsageError(`--case takes ${[...known].join(", ")}; not ${JSON.stringify(unknown)}`);
}

function chosen(only: string | undefined): readonly Workload[] {
  if (only === undefined) return WORKLOADS;
  return only.split(",").map((name) => {
    const workload = WORKLOADS.find((known) => known.name === name);
    if (workload !== undefined) return workload;
    const names = WORKLOADS.map((known) => known.name).join(", ");
    throw new UsageError(`--only takes ${names}; not ${JSON.stringify(name)}`);
  });
}

function jsonOf(results: readonly WorkloadResult[], began: number) {
  return {
    began: new Date(began).toISOString(),
    seconds: (Date.now() - began) / 1_000,
    node: process.version,
    cores: availableParallelism(),
    workloads: results.map(({ workload, medians, rounds, missing }) => ({
      name: workload.name,
      title: workload.title,
      medians: Object.fromEntries(medians),
      rounds: Object.fromEntries(rounds),
      missing,
    })),
    marks: marksOf(results).map(({ mark: { what, atLeast }, judgement }) => ({
      what,
      atLeast,
      ...judgement,
    })),
  };
}

async function folderFor(out: string | undefined): Promise<string> {
  if (out === undefined) return mkdtemp(join(tmpdir(), "keywire-bench-"));
  await mkdir(out, { recursive: true });
  return out;
}
