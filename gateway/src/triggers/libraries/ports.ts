import type { Clock } from "@keywire/shared";
import type { Feeding, OpenLibrary, TriggersReport } from "../ports.js";
import type { Shelf } from "./shelf.js";
import type { LibraryStore } from "./store.js";

export interface LibrariesPorts {
  readonly store: LibraryStore;
  readonly shelf: Shelf;
  readonly feeding: Feeding;
  readonly open: OpenLibrary;
  readonly clock: Clock;
  /** Of this process' life, not to be used by any other. */
  readonly gateway: string;
  /** Another one each time, of characters that are none of `.`, `:` and space. */
  readonly newId: () => string;
  /** The Redis user that libraries run as. */
  readonly user: string;
  /** The counters in Redis were lost as well. */
  readonly lost: () => void;
  readonly report: (report: TriggersReport) => void;
}

/** Reports what could not be reached, and goes on without it. */
export type Unreachable = (what: string, error: unknown) => void;
