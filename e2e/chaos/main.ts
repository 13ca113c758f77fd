import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { deserialize, serialize } from "node:v8";
import { releaseAll } from "../support/index.js";
import { check } from "./checker/check.js";
import { Random } from "./random.js";
import type { RunRecord } from "./record.js";
import { inWords, reportOf } from "./report.js";
import { type ChaosRun, runChaos } from "./run.js";
import { sabotage } from "./sabotage.js";
import { STEP_KINDS } from "./schedule.js";

const DEFAULT_SECONDS = 60;
const DEFAULT_CLIENTS = 200;
const MAX_SEED = 2 ** 32 - 1;

export const USAGE = `npm run chaos -- [options]

  --seconds N    of faults; default ${DEFAULT_SECONDS}
  --minutes N    the same in minutes
  --seed N       decides what is done, in which order; default a random one
  --clients N    default ${DEFAULT_CLIENTS}
  --out FOLDER   for the report; default a new one for temporary files
  --keep         keeps the whole run beside its report, to be judged again
  --judge FILE   judges a run that was kept, instead of a new one
  --only A,B     does these things alone, to look into them: ${[...STEP_KINDS, "clients"].join(", ")}
  --sabotage     deletes one delivered event from a client's log, at random: must end red`;

/** Runs the ledger; answers whether it is green. */
export async function main(args: readonly string[]): Promise<boolean> {
  const options = readOptions(args);
  if (options === undefined) {
    console.log(USAGE);
    return true;
  }
  const { seed, seconds, clients, only } = options;
  console.log(`seed ${seed}, ${seconds} s of faults, ${clients} clients`);
  const run =
    options.judge === undefined
      ? await runChaos({ seed, seconds, clients, only, say: console.log }).finally(releaseAll)
      : await keptRun(options.judge);
  const folder = await folderFor(options.out);
  if (options.keep) await writeFile(join(folder, "run.v8"), serialize(run));
  const record = options.sabotage ? withoutOne(run.record, seed) : run.record;
  const report = reportOf(options, { ...run, record }, check(record));
  await writeFile(join(folder, "report.json"), JSON.stringify(report, null, 1));
  await writeFile(join(folder, "report.txt"), `${inWords(report)}\n`);
  console.log(`${inWords(report)}\nwritten to ${folder}`);
  return report.verdict.green;
}

function readOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: "string" },
      seconds: { type: "string" },
      minutes: { type: "string" },
      clients: { type: "string" },
      out: { type: "string" },
      only: { type: "string" },
      judge: { type: "string" },
      keep: { type: "boolean", default: false },
      sabotage: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const minutes = values.minutes === undefined ? undefined : positive("minutes", values.minutes);
  return {
    seed: positive("seed", values.seed ?? String(Math.floor(Math.random() * MAX_SEED) + 1)),
    seconds:
      minutes === undefined
        ? positive("seconds", values.seconds ?? String(DEFAULT_SECONDS))
        : minutes * 60,
    clients: positive("clients", values.clients ?? String(DEFAULT_CLIENTS)),
    out: values.out,
    only: values.only === undefined ? undefined : kinds(values.only),
    judge: values.judge,
    keep: values.keep,
    sabotage: values.sabotage,
  };
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw new Error(`--${name} takes a number above 0, not ${JSON.stringify(text)}`);
}

function kinds(text: string): string[] {
  const named = text.split(",");
  const unknown = named.find((kind) => kind !== "clients" && !STEP_KINDS.includes(kind));
  if (unknown === undefined) return named;
  throw new Error(
    `--only takes ${STEP_KINDS.join(", ")} and clients, not ${JSON.stringify(unknown)}`,
  );
}

async function keptRun(file: string): Promise<ChaosRun> {
  return deserialize(await readFile(file));
}

function withoutOne(record: RunRecord, seed: number): RunRecord {
  const { record: poorer, client, channel, event } = sabotage(record, new Random(seed));
  console.log(
    `sabotaged: ${client} was never told of ${event.event} of ${event.key} on ${channel}`,
  );
  return poorer;
}

async function folderFor(out: string | undefined): Promise<string> {
  if (out === undefined) return mkdtemp(join(tmpdir(), "keywire-chaos-"));
  await mkdir(out, { recursive: true });
  return out;
}
