import type { FaultLog } from "./fault-log.js";

/** ms between two looks at the clock */
const BEAT = 50;
/** ms by which a look may be late before it is logged as a fault */
const LATE = 250;

/**
 * Logs when this process stood still. All links to Redis pass through its proxies, so while it
 * stands still nothing travels on any of them, as where a network stalls; and as a rule it does so
 * because the whole machine does.
 *
 * @returns ends it
 */
export function watchStalls(log: FaultLog): () => void {
  let last = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - last > BEAT + LATE) log.add({ kind: "stall", from: last, to: now });
    last = now;
  }, BEAT);
  return () => clearInterval(timer);
}
