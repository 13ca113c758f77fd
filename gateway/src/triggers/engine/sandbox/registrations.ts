import type { QuickJSHandle } from "quickjs-emscripten-core";
import type { FunctionFlag } from "../ports.js";
import type { Registered } from "../wire/messages.js";
import type { Realm } from "./realm.js";

/** An entry, as the prelude shows it; whoever distrusts the sandbox looks at each field. */
interface Shown {
  readonly name?: unknown;
  readonly description?: unknown;
  readonly isAsync?: unknown;
  readonly events?: unknown;
  readonly flags?: unknown;
  readonly window?: unknown;
  readonly isStreamTrimmed?: unknown;
}

/** @param prefixOf the prelude's function that gives a prefix */
export function readRegistrations(
  realm: Realm,
  json: string,
  prefixOf: (kind: string, index: number) => QuickJSHandle,
): Registered {
  const lists = JSON.parse(json) as Record<string, Shown[] | undefined>;
  const prefix = (kind: string, index: number) =>
    prefixOf(kind, index).consume((handle) => prefixBytes(realm, handle));
  return {
    triggers: (lists["triggers"] ?? []).map((shown, index) => ({
      ...named(shown),
      prefix: prefix("triggers", index),
      events: Array.isArray(shown.events) ? shown.events.map(String) : null,
      isAsync: shown.isAsync === true,
    })),
    functions: (lists["functions"] ?? []).map((shown) => ({
      ...named(shown),
      flags: Array.isArray(shown.flags) ? shown.flags.filter(isFlag) : [],
      isAsync: shown.isAsync === true,
    })),
    clusterFunctions: (lists["clusterFunctions"] ?? []).map((shown) => named(shown).name),
    streamTriggers: (lists["streamTriggers"] ?? []).map((shown, index) => ({
      ...named(shown),
      prefix: prefix("streamTriggers", index),
      window: Math.max(1, Math.trunc(Number(shown.window) || 1)),
      isStreamTrimmed: shown.isStreamTrimmed === true,
    })),
  };
}

function named({ name, description }: Shown): { name: string; description: string | null } {
  return {
    name: String(name),
    description: typeof description === "string" ? description : null,
  };
}

function prefixBytes(realm: Realm, handle: QuickJSHandle): Uint8Array {
  if (realm.context.typeof(handle) === "string") {
    return new Uint8Array(Buffer.from(realm.context.getString(handle)));
  }
  return realm.copyOf(handle) ?? new Uint8Array();
}

const FLAGS: ReadonlySet<string> = new Set(["no-writes", "allow-oom", "raw-arguments"]);

function isFlag(flag: unknown): flag is FunctionFlag {
  return typeof flag === "string" && FLAGS.has(flag);
}
