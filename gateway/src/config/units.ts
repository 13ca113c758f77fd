/** How people write durations and sizes. */

const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/;
const SIZE = /^(\d+(?:\.\d+)?)\s*(B|KiB|MiB|GiB)?$/i;

/** ms per unit, the largest first. */
const DURATION_UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

/** Bytes per unit, the largest first. */
const SIZE_UNITS = [
  ["GiB", 2 ** 30],
  ["MiB", 2 ** 20],
  ["KiB", 2 ** 10],
  ["B", 1],
] as const;

/** ms of `15`, `15s`, `500ms`, `1.5m`; a bare number is seconds. Undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(DURATION, DURATION_UNITS, "s", text);
}

/** `15s` for 15000 ms: the largest unit that needs no fraction. */
export function formatDuration(ms: number): string {
  return formatQuantity(DURATION_UNITS, "s", ms);
}

/** Bytes of `1048576`, `64KiB`, `1.5MiB`. Undefined where it is none. */
export function parseSize(text: string): number | undefined {
  return parseQuantity(SIZE, SIZE_UNITS, "B", text);
}

/** `1MiB` for 1048576 bytes: the largest unit that needs no fraction. */
export function formatSize(bytes: number): string {
  return formatQuantity(SIZE_UNITS, "B", bytes);
}

type Units = readonly (readonly [name: string, factor: number])[];

function parseQuantity(
  shape: RegExp,
  units: Units,
  bare: string,
  text: string,
): number | undefined {
  const [, amount, unit = bare] = shape.exec(text) ?? [];
  const factor = units.find(([name]) => name.toLowerCase() === unit.toLowerCase())?.[1];
  if (amount === undefined || factor === undefined) return undefined;
  return Math.round(Number(amount) * factor);
}

function formatQuantity(units: Units, zero: string, amount: number): string {
  if (amount === 0) return `0${zero}`;
  const unit = units.find(([, factor]) => amount % factor === 0);
  return unit === undefined ? String(amount) : `${amount / unit[1]}${unit[0]}`;
}
