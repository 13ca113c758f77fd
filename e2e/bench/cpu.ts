import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks per second, as /proc counts them. */
const TICKS = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
const PAGE = Number(execFileSync("getconf", ["PAGESIZE"], { encoding: "utf8" }));

/**
 * CPU that processes have used so far, user and system, and what is theirs in memory.
 *
 * @param pids with their children
 */
export function usage(pids: readonly number[]): {
  readonly cpuMs: number;
  readonly rssKiB: number;
} {
  let ticks = 0;
  let pages = 0;
  for (const pid of withChildren(pids)) {
    const { utime, stime, rss } = statOf(pid);
    ticks += utime + stime;
    pages += rss;
  }
  return { cpuMs: (ticks * 1_000) / TICKS, rssKiB: (pages * PAGE) / 1_024 };
}

function withChildren(pids: readonly number[]): number[] {
  return pids.flatMap((pid) => [pid, ...withChildren(childrenOf(pid))]);
}

function childrenOf(pid: number): number[] {
  // Of every thread, since any may start one.
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8")
      .split(" ")
      .filter(Boolean)
      .map(Number),
  );
}

function statOf(pid: number) {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name stands in brackets, and may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { utime: Number(fields[11]), stime: Number(fields[12]), rss: Number(fields[21]) };
}
