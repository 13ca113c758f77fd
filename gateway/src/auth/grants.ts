import {
  type Budget,
  type ChannelOptions,
  covers,
  type Database,
  escapeGlob,
  Glob,
  type Interest,
  prefixGlob,
  utf8Decode,
  utf8Encode,
  WireError,
} from "@keywire/shared";
import { LRUCache } from "lru-cache";
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
  keys: z.string().min(1),
  events: z.array(z.string().min(1)).min(1).optional(),
  db: z.union([z.number().int().min(0), z.literal("*")]).optional(),
  values: z.boolean().optional(),
});

export type GrantText = z.infer<typeof grantSchema>;

const EVERY_KEY = prefixGlob(new Uint8Array());
/** Steps of proof for one channel, whatever number of grants there are: some milliseconds. */
const PROOF_BUDGET = 500_000;
/** Characters of a glob that an error repeats. */
const MAX_SHOWN = 200;

export function parseGrant({ keys, events, db, values }: GrantText): Grant {
  return {
    keys: Glob.parse(utf8Encode(keys)),
    events: events && new Set(events),
    db,
    values: values ?? false,
  };
}

/** How many grants are kept: far more than tokens differ by, unless they name their users. */
const MAX_SHELVED = 10_000;

/** Grants by what they say. Most tokens have the same few, and one takes a kilobyte. */
export class GrantShelf {
  readonly #grants = new LRUCache<string, Grant>({ max: MAX_SHELVED });

  get(text: GrantText): Grant {
    const id = JSON.stringify(text);
    const known = this.#grants.get(id);
    if (known !== undefined) return known;
    const grant = parseGrant(text);
    this.#grants.set(id, grant);
    return grant;
  }
}

/** A channel as a grant must cover it. */
interface Wish {
  /** One key, or those of a glob. */
  readonly keys: Uint8Array | Glob;
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
  const budget = { steps: PROOF_BUDGET };
  if (grants.some((grant) => isCovered(wish, grant, defaultDatabase, budget))) return;
  throw new WireError(
    "forbidden",
    `the token does not allow this; it takes a grant such as ${show(wish, defaultDatabase)}`,
  );
}

function wishOf({ kind, db, bytes }: Interest, { events, value, snapshot }: ChannelOptions): Wish {
  const values = value === true || (snapshot ?? 0) > 0;
  switch (kind) {
    case "key":
      return { keys: bytes, db, events, values };
    case "prefix":
      return { keys: prefixGlob(bytes), db, events, values };
    case "pattern":
      return { keys: Glob.parse(bytes), db, events, values };
    case "event":
      // It tells of any key, though of one event alone, whatever else the options name.
      return { keys: EVERY_KEY, db, events: [utf8Decode(bytes) ?? ""], values };
  }
}

function isCovered(wish: Wish, grant: Grant, defaultDatabase: Database, budget: Budget): boolean {
  const db = grant.db ?? defaultDatabase;
  if (db !== "*" && db !== wish.db) return false;
  if (wish.values && !grant.values) return false;
  return coversEvents(grant.events, wish.events) && coversKeys(grant.keys, wish.keys, budget);
}

function coversKeys(granted: Glob, wished: Wish["keys"], budget: Budget): boolean {
  return wished instanceof Glob ? covers(granted, wished, budget) : granted.matches(wished);
}

/** An empty list of events asks for none by name, which grants nothing that names some. */
function coversEvents(granted: Grant["events"], wished: Wish["events"]): boolean {
  if (granted === undefined) return true;
  return wished !== undefined && wished.length > 0 && wished.every((event) => granted.has(event));
}

function show({ keys, db, events, values }: Wish, defaultDatabase: Database): string {
  const text = spell(keys instanceof Glob ? keys.source : escapeGlob(keys));
  return JSON.stringify({
    keys: text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text,
    ...(events && { events }),
    ...(db === defaultDatabase ? {} : { db }),
    ...(values ? { values } : {}),
  });
}

/** A grant is text: for bytes that no text can spell it has a `?`. */
function spell(source: Uint8Array): string {
  const text = utf8Decode(source);
  if (text !== null) return text;
  return Array.from(source, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : "?")).join("");
}
