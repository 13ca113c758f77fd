import type { Kind } from "./kinds.js";

/** One row: everything that is known of a setting, for every place it can be set in. */
export interface Setting<T> {
  readonly group: Group;
  readonly kind: Kind<T>;
  readonly fallback: T;
  /** Stands in the reference where the fallback is not a value, such as "none". */
  readonly fallbackDoc?: string;
  /** Sentences of Markdown. */
  readonly doc: string;
  /** What may be shown of a value that holds a secret: in faults, by `keywire config`. */
  readonly mask?: (written: string) => string;
  /** Has a `_FILE` variant that names a file to read the value from. */
  readonly fromFile?: true;
}

export const GROUPS = [
  "Server",
  "Redis",
  "Tokens",
  "Channels",
  "Values",
  "Triggers",
  "AMQP",
  "Sharing work",
  "Sessions",
  "Limits",
] as const;
export type Group = (typeof GROUPS)[number];

export function row<T>(
  group: Group,
  kind: Kind<T>,
  fallback: NoInfer<T>,
  doc: string,
  more: Pick<Setting<T>, "mask" | "fromFile" | "fallbackDoc"> = {},
): Setting<T> {
  return { group, kind, fallback, doc, ...more };
}
