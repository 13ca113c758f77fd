import { readFileSync } from "node:fs";
import type { FaultLog } from "./fault-log.js";

/** ms between two looks */
const BEAT = 200;
/** ms by which a look may be late before that is logged */
const LATE = 1_000;
const NS_PER_MS = 1e6;

/**
 * Logs when this process stood still: all links to Redis pass through its proxies, so nothing travels
 * on any of them then. And counts how long the gateway waited for a processor, by the kernel's own
 * account: that excuses nothing, but tells how busy the machine was.
 *
 * @param gateway the process id of the present gateway
 * @returns ends it, and answers how many ms the gateways waited, in all; 0 where nobody knows
 */
export function watchStalls(log: FaultLog, gateway: () => number): () => number {
  let last = Date.now();
  let before = waitOf(gateway());
  let waited = 0;
  const timer = setInterval(() => {
    const now = Date.now();
    const after = waitOf(gateway());
    if (before?.pid === after?.pid) waited += (after?.ms ?? 0) - (before?.ms ?? 0);
    if (now - last > BEAT + LATE) log.add({ kind: "stall", from: last, to: now });
    last = now;
    before = after;
  }, BEAT);
  return () => {
    clearInterval(timer);
    return Math.round(waited);
  };
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
