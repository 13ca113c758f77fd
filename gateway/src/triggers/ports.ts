import type { Interest } from "@keywire/shared";
import type { Library, LibraryOptions } from "./engine/ports.js";
import type { MissedStretch } from "./statistics/page.js";

/** One keyspace event, as much of it as triggers look at. */
export interface FedEvent {
  readonly db: number;
  readonly key: Uint8Array;
  readonly event: string;
  /** ms since the Unix epoch. */
  readonly receivedAt: number;
  /** Who wrote it, where a library did: `trigger:<library>.<consumer>`. */
  readonly origin?: string | undefined;
}

/** Events that came to nobody, or nobody knows whether they did. */
export type FedMissed = MissedStretch & {
  /** The parts of the keyspace they belong to. */
  readonly parts: readonly number[];
};

/** Where events are fed from: those of the parts of the keyspace that this gateway holds. */
export interface Feeding {
  /**
   * Replaces what is wanted; resolves when all of it is listened to.
   *
   * @param wantsMisses whether reads of keys that are not there are wanted, which Redis tells where it is asked to
   */
  setInterests(interests: readonly Interest[], wantsMisses: boolean): Promise<void>;
  /** Whether what happens to this key is this gateway's to work on now. */
  holds(key: Uint8Array): boolean;
  /** Another text whenever this gateway holds other parts than before. */
  tenure(): string;
}

/** Loads a source into a sandbox. @throws LibraryError, or what `compiled` throws */
export type OpenLibrary = (source: string, options: LibraryOptions) => Promise<Library>;

/** What happened that somebody who runs this would want to read in a log or count. */
export type TriggersReport =
  | { readonly event: "loaded" | "replaced" | "deleted"; readonly library: string }
  | { readonly event: "broken"; readonly library: string; readonly message: string }
  | {
      readonly event: "missed";
      /** null where it concerns all. */
      readonly library: string | null;
      readonly reason: MissedStretch["reason"];
      /** null where nobody knows. */
      readonly count: number | null;
    }
  | {
      readonly event: "finished";
      readonly library: string;
      readonly kind: "trigger" | "stream";
      readonly outcome: "success" | "failed";
      /** Since the event's arrival. */
      readonly ms: number;
    }
  /** The libraries that Redis lost were put back. */
  | { readonly event: "restored"; readonly libraries: number }
  /** Redis did not do its part; it is tried again. */
  | { readonly event: "unreachable"; readonly what: string; readonly error: unknown };
