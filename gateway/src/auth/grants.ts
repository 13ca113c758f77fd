import {
  type ChannelOptions,
  covers,
  type Database,
  escapeGlob,
  exactGlob,
  Glob,
  type Interest,
  prefixGlob,
  utf8Decode,
  utf8Encode,
  WireError,
} from "@keywire/shared";
import { z } from "zod";

/** What a token allows: some keys, some events, with their values or without. */
export interface Grant {
  readonly keys: Glob;
  /** All where undefined. */
  readonly events: ReadonlySet<string> | undefined;
  /** The gateway's default database where undefined. */
  readonly db: Database | undefined;
  readonly values: boolean;
}

/** A grant as a token or the configuration spells it. */
export const grantSchema = z.strictObject({
  keys: z.string(),
  events: z.array(z.string().min(1)).min(1).optional(),
  db: z.union([z.number().int().min(0), z.literal("*")]).optional(),
  values: z.boolean().optional(),
});

export type GrantText = z.infer<typeof grantSchema>;

const EVERY_KEY = prefixGlob(new Uint8Array());
const PLACEHOLDER = /\$\{([^}]*)\}/g;

export function parseGrant({ keys, events, db, values }: GrantText): Grant {
  return {
    keys: Glob.parse(utf8Encode(keys)),
    events: events && new Set(events),
    db,
    values: values ?? false,
  };
}

/**
 * Fills a role's template, `user:${sub}:*`, from a token's claims. What is filled in stands for
 * itself, whatever characters it holds.
 *
 * @throws WireError `unauthorized` where the token lacks a claim that the template names
 */
export function fillTemplate(
  template: GrantText,
  claims: Readonly<Record<string, unknown>>,
): GrantText {
  const keys = template.keys.replace(PLACEHOLDER, (_, name: string) => {
    const claim = claims[name];
    if ((typeof claim === "string" && claim !== "") || typeof claim === "number") {
      return utf8Decode(escapeGlob(utf8Encode(String(claim)))) ?? "";
    }
    throw new WireError(
      "unauthorized",
      `a role of this token fills in the claim ${JSON.stringify(name)}, which the token lacks`,
    );
  });
  return { ...template, keys };
}

/** A channel as a grant must cover it. */
interface Wish {
  readonly keys: Glob;
  readonly db: Database;
  readonly events: readonly string[] | undefined;
  readonly values: boolean;
}

/**
 * Checks that some grant covers every key and event the channel could ever tell of.
 *
 * @throws WireError `forbidden`, naming the grant that would be needed
 */
export function authorize(
  grants: readonly Grant[],
  interest: Interest,
  options: ChannelOptions,
  defaultDatabase: Database,
): void {
  const wish = wishOf(interest, options);
  if (grants.some((grant) => isCovered(wish, grant, defaultDatabase))) return;
  throw new WireError(
    "forbidden",
    `the token does not allow this; it takes a grant such as ${show(wish, defaultDatabase)}`,
  );
}

function wishOf({ kind, db, bytes }: Interest, { events, value, snapshot }: ChannelOptions): Wish {
  const values = value === true || (snapshot ?? 0) > 0;
  switch (kind) {
    case "key":
      return { keys: exactGlob(bytes), db, events, values };
    case "prefix":
      return { keys: prefixGlob(bytes), db, events, values };
    case "pattern":
      return { keys: Glob.parse(bytes), db, events, values };
    case "event":
      // It tells of any key, though of one event alone, whatever else the options name.
      return { keys: EVERY_KEY, db, events: [utf8Decode(bytes) ?? ""], values };
  }
}

function isCovered(wish: Wish, grant: Grant, defaultDatabase: Database): boolean {
  const db = grant.db ?? defaultDatabase;
  if (db !== "*" && db !== wish.db) return false;
  if (wish.values && !grant.values) return false;
  const { events } = grant;
  if (events !== undefined && !(wish.events?.every((event) => events.has(event)) ?? false))
    return false;
  return covers(grant.keys, wish.keys);
}

function show({ keys, db, events, values }: Wish, defaultDatabase: Database): string {
  const text = utf8Decode(keys.source) ?? "*";
  return JSON.stringify({
    keys: text,
    ...(events && { events }),
    ...(db === defaultDatabase ? {} : { db }),
    ...(values ? { values } : {}),
  });
}
