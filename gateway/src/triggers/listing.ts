import { base64Encode, utf8Decode } from "@keywire/shared";
import type { Library, StreamTriggerInfo, TriggerInfo } from "./engine/ports.js";
import type { Entry } from "./libraries/shelf.js";
import { NOTHING_YET, shown } from "./statistics/counters.js";
import type { Page } from "./statistics/page.js";
import { type ProgressState, shownProgress } from "./streams/progress.js";
import type { StreamPlace } from "./streams/stream-source.js";

/** How much is told: 0 names alone, 1 what each is, 2 and 3 each stream too. */
export type Verbosity = 0 | 1 | 2 | 3;

export interface ListOptions {
  readonly verbosity: Verbosity;
  readonly withCode: boolean;
}

/** What is told besides the entry itself, of all gateways together. */
export interface Figures {
  readonly page: Page;
  /** By stream trigger; empty where it is not told. */
  readonly streams: ReadonlyMap<string, readonly (readonly [StreamPlace, ProgressState])[]>;
}

/** One library under the names that TFUNCTION LIST had. */
export function describe(
  entry: Entry,
  { page, streams }: Figures,
  { verbosity, withCode }: ListOptions,
): Record<string, unknown> {
  const { name, library, definition, fault } = entry;
  const detailed = verbosity > 0;
  return {
    name,
    engine: "js",
    api_version: library?.apiVersion ?? null,
    user: definition.user,
    configuration: definition.configuration,
    functions: functionsOf(library, detailed),
    cluster_functions: library?.clusterFunctions ?? [],
    keyspace_triggers: Object.keys(definition.triggers).map((trigger) =>
      detailed ? triggerOf(entry, trigger, page) : trigger,
    ),
    stream_triggers: Object.keys(definition.streamTriggers).map((trigger) =>
      detailed ? streamTriggerOf(entry, trigger, streams.get(trigger), verbosity) : trigger,
    ),
    pending_jobs: page.pending,
    pending_async_calls: library?.pendingAsyncCalls ?? 0,
    ...(detailed ? { missed: page.missed, replacements: library?.replacements ?? 0 } : {}),
    ...(fault === undefined
      ? {}
      : { problem: { message: fault.message, line: fault.line ?? null } }),
    ...(withCode ? { code: definition.source } : {}),
  };
}

function functionsOf(library: Library | undefined, detailed: boolean): unknown[] {
  return (library?.functions ?? []).map(({ name, description, flags, isAsync }) =>
    detailed ? { name, description, flags, is_async: isAsync } : name,
  );
}

function triggerOf({ definition, library }: Entry, name: string, page: Page): unknown {
  const kept = definition.triggers[name];
  const info: TriggerInfo | undefined = library?.triggers.find((trigger) => trigger.name === name);
  return {
    name,
    description: info?.description ?? null,
    ...prefixShown(info?.prefix),
    events: info?.events ?? null,
    is_async: info?.isAsync ?? null,
    ...shown(page.triggers.get(kept?.birth ?? "") ?? NOTHING_YET),
  };
}

function streamTriggerOf(
  { library }: Entry,
  name: string,
  streams: readonly (readonly [StreamPlace, ProgressState])[] = [],
  verbosity: Verbosity,
): unknown {
  const info: StreamTriggerInfo | undefined = library?.streamTriggers.find(
    (trigger) => trigger.name === name,
  );
  return {
    name,
    description: info?.description ?? null,
    ...prefixShown(info?.prefix),
    window: info?.window ?? null,
    trim: info?.isStreamTrimmed ?? null,
    ...(verbosity < 2 ? {} : { streams: streams.map(streamOf) }),
  };
}

function streamOf([{ db, key }, state]: readonly [StreamPlace, ProgressState]): unknown {
  const name = utf8Decode(key);
  return {
    name,
    ...(name === null ? { name_raw: base64Encode(key) } : {}),
    db,
    ...shownProgress(state),
  };
}

/** As protocol events show keys: null where it is not UTF-8, its bytes beside it. */
function prefixShown(prefix: Uint8Array | undefined): Record<string, unknown> {
  if (prefix === undefined) return { prefix: null };
  const text = utf8Decode(prefix);
  return text === null ? { prefix: null, prefix_raw: base64Encode(prefix) } : { prefix: text };
}
