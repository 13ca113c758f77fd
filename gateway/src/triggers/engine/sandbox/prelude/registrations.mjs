import { arrayPush, bare, bareList, keys, stringify } from "./primordials.mjs";

/** @typedef {import("./types.d.ts").Registered} Registered */
/** @typedef {import("./registry.mjs").Registry} Registry */

/**
 * Ends the registrations, and tells of them.
 *
 * @param {Registry} registry
 */
export function registered(registry) {
  registry.isOpen = false;
  const lists = bare();
  const kinds = keys(registry.lists);
  for (let i = 0; i < kinds.length; i++) {
    const kind = /** @type {import("./types.d.ts").Kind} */ (kinds[i]);
    lists[kind] = bareList();
    const entries = registry.lists[kind];
    for (let j = 0; j < entries.length; j++) {
      arrayPush(lists[kind], shown(/** @type {Registered} */ (entries[j])));
    }
  }
  return stringify(lists);
}

/**
 * What is told of an entry, with nothing in it that could speak for itself.
 *
 * @param {Registered} entry
 */
function shown({ name, description, isAsync, events, flags, window, isStreamTrimmed }) {
  const entry = bare();
  entry.name = name;
  entry.description = description;
  entry.isAsync = isAsync;
  entry.events = events && copied(events);
  entry.flags = flags && copied(flags);
  entry.window = window;
  entry.isStreamTrimmed = isStreamTrimmed;
  return entry;
}

/** @param {readonly string[]} items */
function copied(items) {
  const list = bareList();
  for (let i = 0; i < items.length; i++) arrayPush(list, items[i]);
  return list;
}
