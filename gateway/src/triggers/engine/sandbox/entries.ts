import type { QuickJSHandle } from "quickjs-emscripten-core";
import type { Realm } from "./realm.js";

const NAMES = [
  "describe",
  "parse",
  "registered",
  "prefix",
  "deliver",
  "fire",
  "fired",
  "react",
  "call",
  "record",
] as const;

/** The prelude's functions. */
export type Entries = Readonly<Record<(typeof NAMES)[number], QuickJSHandle>>;

/**
 * Starts the prelude.
 *
 * @param host the functions that it is given
 * @param configuration the library's, JSON
 */
export function startPrelude(realm: Realm, host: QuickJSHandle, configuration: string): Entries {
  const { context } = realm;
  const start = realm.loadPrelude().consume((exports) => context.getProp(exports, "start"));
  const prelude = realm.call(start, host, context.newString(configuration));
  if ("thrown" in prelude) throw new Error(`the prelude: ${context.dump(prelude.thrown)}`);
  const entries = Object.fromEntries(
    NAMES.map((name) => [name, context.getProp(prelude, name)]),
  ) as Entries;
  realm.useParser(entries.parse);
  return entries;
}
