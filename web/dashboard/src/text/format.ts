const groups = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A time of day in the reader's own zone, to the ms: `14:03:22.118`. Intl is too slow for a frame. */
export function clockTime(ms: number): string {
  const date = new Date(ms);
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()];
  return `${pad(hours)}:${pad(minutes)}:${pad(seconds)}.${pad(date.getMilliseconds(), 3)}`;
}

/** A time of day, with its date where that is not today's: `2027-01-31 14:03:22`. */
export function moment(ms: number, now: number = Date.now()): string {
  const date = new Date(ms);
  if (date.toDateString() === new Date(now).toDateString()) return clockTime(ms);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${clockTime(ms).slice(0, 8)}`;
}

/** A whole number with its thousands apart: `12,345`. */
export function count(number: number): string {
  return groups.format(number);
}

/** A number where there is little room: `12.3K`. */
export function short(number: number): string {
  return number < 10_000 ? groups.format(number) : compact.format(number);
}

/** A noun that agrees with a number: `node`, `nodes`. */
export function noun(number: number, one: string): string {
  return number === 1 ? one : `${one}s`;
}

/** A number and its noun, `1 node`, `3 nodes`. */
export function counted(number: number, one: string): string {
  return `${count(number)} ${noun(number, one)}`;
}

/** A stretch of time in its two largest units: `3 h 12 min`, `850 ms`. */
export function duration(ms: number): string {
  if (ms < SECOND) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return units(ms, MINUTE, "min", SECOND, "s");
  if (ms < DAY) return units(ms, HOUR, "h", MINUTE, "min");
  return units(ms, DAY, "d", HOUR, "h");
}

/** A time that may be far below a millisecond, to three digits: `0.042 ms`, `1.83 ms`, `12.4 s`. */
export function millis(ms: number): string {
  if (ms >= 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms === 0 || ms >= 100) return `${count(ms)} ms`;
  return `${ms.toFixed(ms < 1 ? 3 : ms < 10 ? 2 : 1)} ms`;
}

/** Bytes in a unit that keeps the number small: `1.5 KiB`. */
export function bytes(number: number): string {
  const names = ["B", "KiB", "MiB", "GiB"];
  const power = Math.min(names.length - 1, number > 0 ? Math.floor(Math.log2(number) / 10) : 0);
  const value = number / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${names[power]}`;
}

function units(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % big) / small);
  const head = `${Math.floor(ms / big)} ${bigName}`;
  return rest === 0 ? head : `${head} ${rest} ${smallName}`;
}

function pad(number: number, width = 2): string {
  return String(number).padStart(width, "0");
}
