import type { Log } from "../observe/index.js";

/** ms between two lines that say the same. */
const SAME_EVERY = 60_000;

/**
 * A warning of something that is tried again and again: said at once, when it fails for another reason,
 * and once a minute while it goes on, however often it is tried.
 */
export function sparingWarnings(
  log: Pick<Log, "warn">,
  now: () => number,
): (what: string, error: unknown) => void {
  const said = new Map<string, { readonly reason: string; readonly at: number }>();
  return (what, error) => {
    const reason = String(error);
    const last = said.get(what);
    if (last?.reason === reason && now() - last.at < SAME_EVERY) return;
    said.set(what, { reason, at: now() });
    log.warn(what, { error });
  };
}
