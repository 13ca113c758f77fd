import { base64Decode, base64Encode } from "@keywire/shared";
import { z } from "zod";
import type { Library } from "../engine/ports.js";

const trigger = z.object({
  /** Its statistics go by this: a trigger of the same name that comes later is another one. */
  birth: z.string(),
  /** base64 */
  prefix: z.string(),
});

// Zod's own records leave `__proto__` out, which is a name like any other.
const triggers = z.custom<Record<string, z.infer<typeof trigger>>>(
  (value) => isRecord(value) && Object.values(value).every((one) => trigger.safeParse(one).success),
);

const schema = z.object({
  source: z.string(),
  configuration: z.custom<Record<string, unknown>>(isRecord),
  /** The Redis user it runs as. */
  user: z.string(),
  /** From its loading until it is deleted; replacing it goes on with it. */
  life: z.string(),
  triggers,
  streamTriggers: triggers,
});

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A library as it is kept in Redis: enough to load it, and to know what it is about where it does not load. */
export type Definition = Readonly<z.infer<typeof schema>>;
export type TriggerDefinition = z.infer<typeof trigger>;

export function writeDefinition(definition: Definition): string {
  return JSON.stringify(definition);
}

/** @throws Error where the text is none */
export function readDefinition(text: string): Definition {
  return schema.parse(JSON.parse(text));
}

export interface Origin {
  readonly source: string;
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly user: string;
}

/** What is to be kept of a library that was loaded, in the place of one before it or of none. */
export function define(
  library: Library,
  origin: Origin,
  previous: Definition | undefined,
  newId: () => string,
): Definition {
  return {
    ...origin,
    life: previous?.life ?? newId(),
    triggers: born(library.triggers, previous?.triggers, newId),
    streamTriggers: born(library.streamTriggers, previous?.streamTriggers, newId),
  };
}

function born(
  triggers: readonly { readonly name: string; readonly prefix: Uint8Array }[],
  previous: Readonly<Record<string, TriggerDefinition>> | undefined,
  newId: () => string,
): Record<string, TriggerDefinition> {
  const known = new Map(Object.entries(previous ?? {}));
  const entries = triggers.map(({ name, prefix }) => {
    const birth = known.get(name)?.birth ?? newId();
    return [name, { birth, prefix: base64Encode(prefix) }] as const;
  });
  return Object.fromEntries(entries);
}

/** The stream trigger whose prefix would change, which none may: it is in the middle of those streams. */
export function movedStreamTrigger(library: Library, previous: Definition): string | undefined {
  const known = new Map(Object.entries(previous.streamTriggers));
  return library.streamTriggers.find(({ name, prefix }) => {
    const before = known.get(name);
    return before !== undefined && before.prefix !== base64Encode(prefix);
  })?.name;
}

export function prefixOf({ prefix }: TriggerDefinition): Uint8Array {
  return base64Decode(prefix) ?? new Uint8Array();
}

export function births({ triggers, streamTriggers }: Definition): Set<string> {
  return new Set(
    [triggers, streamTriggers].flatMap((all) => Object.values(all).map(({ birth }) => birth)),
  );
}
