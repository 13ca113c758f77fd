/**
 * Who is to hold which part: as many each as can be, and as few moves as can be. Every gateway works
 * it out for itself, from the same table to the same end; what Redis says decides where tables differ.
 *
 * @param gateways those that share the work, at least one
 * @param holders by part, whoever holds it now; gateways that are not there any more count as nobody
 * @returns the gateway each part is for
 */
export function assign(
  gateways: readonly string[],
  holders: readonly (string | undefined)[],
): string[] {
  const quotas = quotasOf(gateways, holders);
  const left = new Map(quotas);
  const kept = holders.map((holder) => (holder !== undefined && spend(left, holder) ? holder : ""));
  const open = [...left].flatMap(([id, count]) => Array<string>(count).fill(id));
  return kept.map((holder) => (holder === "" ? (open.shift() ?? "") : holder));
}

/** How many each is to hold: where they do not come out even, those that hold most have one more. */
function quotasOf(
  gateways: readonly string[],
  holders: readonly (string | undefined)[],
): Map<string, number> {
  const held = new Map(gateways.map((id) => [id, 0]));
  for (const holder of holders) {
    const count = holder === undefined ? undefined : held.get(holder);
    if (holder !== undefined && count !== undefined) held.set(holder, count + 1);
  }
  const base = Math.floor(holders.length / gateways.length);
  const extra = holders.length % gateways.length;
  const byHeld = [...held].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return new Map(byHeld.map(([id], index) => [id, base + (index < extra ? 1 : 0)]));
}

function spend(left: Map<string, number>, id: string): boolean {
  const count = left.get(id) ?? 0;
  if (count === 0) return false;
  left.set(id, count - 1);
  return true;
}
