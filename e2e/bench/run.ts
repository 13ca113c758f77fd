import { releaseAll, startRedis } from "../support/index.js";
import { startGenerator } from "./generator.js";
import type { Bench, Case, Figures, Size, Workload } from "./workload.js";

/** A subscriber that reads more slowly than all is written is not to be cut off. */
const REDIS = ["--notify-keyspace-events", "KA", "--client-output-buffer-limit", "pubsub 0 0 0"];

export interface RunOptions {
  readonly workloads: readonly Workload[];
  /** These alone; all where undefined. */
  readonly cases?: readonly string[] | undefined;
  readonly rounds: number;
  readonly size: Size;
  /** A folder for CPU profiles of the gateway. */
  readonly profile?: string | undefined;
  /** Told what is going on, a line each. */
  readonly say: (line: string) => void;
}

/** What became of one workload. */
export interface WorkloadResult {
  readonly workload: Workload;
  /** Medians of the rounds, by case. */
  readonly medians: ReadonlyMap<string, Figures>;
  /** Every round, by case. */
  readonly rounds: ReadonlyMap<string, readonly Figures[]>;
  /** Why cases were not run, a sentence each. */
  readonly missing: readonly string[];
}

/** Runs the workloads one after the other, the rounds of each interleaved. */
export async function runBench(options: RunOptions): Promise<WorkloadResult[]> {
  const results: WorkloadResult[] = [];
  for (const workload of options.workloads) {
    options.say(`${workload.name}: ${workload.title}`);
    results.push(await runWorkload(workload, options).finally(releaseAll));
  }
  return results;
}

async function runWorkload(workload: Workload, options: RunOptions): Promise<WorkloadResult> {
  const redis = await startRedis({ args: REDIS });
  const wanted = workload.cases.filter(({ name }) => options.cases?.includes(name) ?? true);
  const present = wanted.filter(({ missing }) => missing?.() === undefined);
  const missing = wanted.flatMap(({ name, missing }) => {
    const why = missing?.();
    return why === undefined ? [] : `${name} is left out: ${why}`;
  });
  const rounds = new Map<string, Figures[]>(present.map(({ name }) => [name, []]));
  for (let round = 0; round < Math.min(options.rounds, workload.rounds ?? 99); round++) {
    const shared = new Map<string, number>();
    for (const one of present) {
      const generator = startGenerator();
      const bench: Bench = {
        redis,
        generator,
        size: options.size,
        profile: options.profile,
        round: shared,
      };
      const figures = await runCase(one, bench, options, round);
      if (figures !== undefined) rounds.get(one.name)?.push(figures);
      await generator.stop();
    }
  }
  const medians = new Map([...rounds].map(([name, figures]) => [name, medianOf(figures)]));
  return { workload, rounds, medians, missing };
}

/** One that fails stops none of the others; a smoke run has to find it. */
async function runCase(
  { name, run }: Case,
  bench: Bench,
  { say, size }: RunOptions,
  round: number,
): Promise<Figures | undefined> {
  try {
    const figures = await run(bench);
    say(`  round ${round + 1}, ${name}: ${inShort(figures)}`);
    return figures;
  } catch (error) {
    if (size === "smoke") throw error;
    say(`  round ${round + 1}, ${name} failed: ${String(error)}`);
    return undefined;
  }
}

function medianOf(rounds: readonly Figures[]): Figures {
  const names = [...new Set(rounds.flatMap((figures) => Object.keys(figures)))];
  return Object.fromEntries(
    names.map((name) => [name, median(rounds.flatMap((figures) => figures[name] ?? []))]),
  );
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return ((low ?? 0) + (high ?? 0)) / 2;
}

export function inShort(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, figure]) => `${name} ${format(figure)}`)
    .join(", ");
}

/** Three digits, or all that stand before the point. */
export function format(figure: number): string {
  if (figure === 0) return "0";
  if (Math.abs(figure) >= 100) return Math.round(figure).toLocaleString("en");
  return figure.toPrecision(3);
}
