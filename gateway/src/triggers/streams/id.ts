/** Before every record. */
export const START = "0-0";

function parts(id: string): [ms: bigint, sequence: bigint] {
  const [ms = "0", sequence = "0"] = id.split("-");
  return [BigInt(ms), BigInt(sequence)];
}

/** Below 0 where the one comes before the other. */
export function compareIds(one: string, other: string): number {
  const [a, b] = [parts(one), parts(other)];
  const at = a[0] === b[0] ? 1 : 0;
  return a[at] < b[at] ? -1 : a[at] > b[at] ? 1 : 0;
}

const LAST_SEQUENCE = 2n ** 64n - 1n;

/** The least id behind one. */
export function idBehind(id: string): string {
  const [ms, sequence] = parts(id);
  return sequence === LAST_SEQUENCE ? `${ms + 1n}-0` : `${ms}-${sequence + 1n}`;
}

/** When a record was added, as ids that Redis makes tell it, ms since the Unix epoch. */
export function timeOfId(id: string): number {
  return Number(parts(id)[0]);
}
