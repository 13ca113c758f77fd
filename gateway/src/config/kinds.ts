import { z } from "zod";
import { formatDuration, formatSize, parseDuration, parseSize } from "./units.js";

/** What a setting takes: read from the text of a variable or flag, or from a JSON value. */
export interface Kind<T> {
  /** Completes "it takes ...". */
  readonly takes: string;
  /** The same without what the reference explains once for all. */
  readonly brief?: string;
  /** True where a flag may stand without a value. */
  readonly bare?: boolean;
  /** @throws Misfit where the input is not what the setting takes */
  parse(input: unknown): T;
  /** The value as one would write it in the environment. */
  format(value: T): string;
}

/** An input that does not fit, with what is wrong where `takes` alone would not tell. */
export class Misfit extends Error {
  override readonly name = "Misfit";
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

export function text(takes: string, shape = /^[^\0]+$/): Kind<string> {
  return {
    takes,
    parse(input) {
      if (typeof input !== "string" || !shape.test(input)) throw new Misfit();
      return input;
    },
    format: (value) => value,
  };
}

export function integer(bounds: Bounds, what = "an integer"): Kind<number> {
  return number(`${what} from ${bounds.min} to ${bounds.max}`, bounds, {
    read: (written) => (/^-?\d+$/.test(written) ? Number(written) : undefined),
    native: (value) => value,
    write: String,
  });
}

/** Held in ms; a bare number, in JSON too, is seconds. */
export function duration(bounds: Bounds): Kind<number> {
  const brief = `a duration from ${formatDuration(bounds.min)} to ${formatDuration(bounds.max)}`;
  const takes = `${brief}, as in 15, 15s, 500ms or 1m (a bare number is seconds)`;
  const kind = number(takes, bounds, {
    read: parseDuration,
    native: (seconds) => Math.round(seconds * 1_000),
    write: formatDuration,
  });
  return { ...kind, brief };
}

/** Held in bytes. */
export function size(bounds: Bounds): Kind<number> {
  const brief = `a size from ${formatSize(bounds.min)} to ${formatSize(bounds.max)}`;
  const takes = `${brief}, as in 1048576 or 1MiB (a bare number is bytes)`;
  const kind = number(takes, bounds, {
    read: parseSize,
    native: (bytes) => bytes,
    write: formatSize,
  });
  return { ...kind, brief };
}

interface Notation {
  read(text: string): number | undefined;
  native(value: number): number;
  write(value: number): string;
}

function number(takes: string, { min, max }: Bounds, notation: Notation): Kind<number> {
  return {
    takes,
    parse(input) {
      const value =
        typeof input === "string"
          ? notation.read(input)
          : typeof input === "number"
            ? notation.native(input)
            : undefined;
      if (value === undefined || !Number.isInteger(value)) throw new Misfit();
      if (value < min || value > max) throw new Misfit();
      return value;
    },
    format: notation.write,
  };
}

export function choice<const T extends string>(...values: readonly T[]): Kind<T> {
  return {
    takes: spellOut(values, "or"),
    parse(input) {
      const value = values.find((candidate) => candidate === input);
      if (value === undefined) throw new Misfit();
      return value;
    },
    format: (value) => value,
  };
}

export function flag(): Kind<boolean> {
  return {
    takes: "true or false",
    bare: true,
    parse(input) {
      if (input === true || input === "true" || input === "1") return true;
      if (input === false || input === "false" || input === "0") return false;
      throw new Misfit();
    },
    format: String,
  };
}

/** Comma separated, or a JSON array; never empty. */
export function list<T extends string>(takes: string, item: Kind<T>): Kind<readonly T[]> {
  return {
    takes,
    parse(input) {
      const items = typeof input === "string" ? input.split(",").map((part) => part.trim()) : input;
      if (!Array.isArray(items) || items.length === 0) throw new Misfit();
      return items.map((entry: unknown) => parseItem(item, entry));
    },
    format: (values) => values.map((value) => item.format(value)).join(","),
  };
}

function parseItem<T>(item: Kind<T>, entry: unknown): T {
  try {
    return item.parse(entry);
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw new Misfit(error.message || `${JSON.stringify(entry)} is not one`, { cause: error });
  }
}

/** JSON text, or the JSON value itself in the configuration file. */
export function json<T>(takes: string, schema: z.ZodType<T>): Kind<T> {
  return {
    takes,
    parse(input) {
      const result = schema.safeParse(typeof input === "string" ? parseJson(input) : input);
      if (result.success) return result.data;
      throw new Misfit(z.prettifyError(result.error).replaceAll(/\s*\n\s*/g, " "));
    },
    format: (value) => JSON.stringify(value),
  };
}

function parseJson(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch (cause) {
    throw new Misfit("that is not JSON", { cause });
  }
}

/** The kind, for a setting that may be left out. */
export function optional<T>(kind: Kind<T>): Kind<T | undefined> {
  return { ...kind, format: (value) => (value === undefined ? "" : kind.format(value)) };
}

/** The same kind with one more check, which throws Misfit to refuse. */
export function checked<T>(kind: Kind<T>, check: (value: T) => void): Kind<T> {
  return {
    ...kind,
    parse(input) {
      const value = kind.parse(input);
      check(value);
      return value;
    },
  };
}

/** `a, b or c`. */
export function spellOut(words: readonly string[], conjunction: string): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} ${conjunction} ${last}`;
}
