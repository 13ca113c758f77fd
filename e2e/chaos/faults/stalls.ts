import { readFileSync } from "node:fs";
import type { FaultLog } from "./fault-log.js";

/** ms between two looks */
const BEAT = 200;
/** ms by which a look may be late before that is logged */
const LATE = 250;
/** Of the time between two looks: for so much of it a process may wait for a processor that it needs. */
const STARVED = 0.4;
const NS_PER_MS = 1e6;

/**
 * Logs when the machine had no time for what is put to the test, which looks as if that stood still:
 *
 * - this process: all links to Redis pass through its proxies, so nothing travels on any of them;
 * - the gateway: by the kernel's own account of how long it was ready to run and did not, where the
 *   kernel keeps one.
 *
 * A gateway that stands still by its own doing waits for nothing, and is not excused.
 *
 * @param gateway the process id of the present gateway
 * @returns ends it
 */
export function watchStalls(log: FaultLog, gateway: () => number): () => void {
  let last = Date.now();
  let before = waitOf(gateway());
  const timer = setInterval(() => {
    const now = Date.now();
    const after = waitOf(gateway());
    const waited = before?.pid === after?.pid ? (after?.ms ?? 0) - (before?.ms ?? 0) : 0;
    if (now - last > BEAT + LATE) log.add({ kind: "stall", from: last, to: now });
    else if (waited > STARVED * (now - last)) log.add({ kind: "starved", from: last, to: now });
    last = now;
    before = after;
  }, BEAT);
  return () => clearInterval(timer);
}

/** ms that a process' main thread has waited for a processor, in all. */
function waitOf(pid: number): { readonly pid: number; readonly ms: number } | undefined {
  try {
    const [, waited] = readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ");
    return { pid, ms: Number(waited) / NS_PER_MS };
  } catch {
    // It has ended, or there is no such account.
    return undefined;
  }
}
