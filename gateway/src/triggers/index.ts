export type { Library, Reply } from "./engine/ports.js";
export { LibraryError, LibraryFailure } from "./engine/ports.js";
export type { Loaded, LoadOptions } from "./libraries/libraries.js";
export { RedisLibraryStore } from "./libraries/redis-store.js";
export { LibraryRefusal } from "./libraries/refusal.js";
export type { ListOptions, Verbosity } from "./listing.js";
export type { FedEvent, FedMissed, Feeding, TriggersReport } from "./ports.js";
export { type LibraryStatus, Triggers, type TriggersPorts } from "./triggers.js";
