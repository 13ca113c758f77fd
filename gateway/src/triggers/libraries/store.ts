/** A library as it is kept, and which of its versions that is. */
export interface Kept {
  readonly revision: string;
  /** See `Definition`. */
  readonly text: string;
}

/** A gateway that follows the store. */
export interface Follower {
  readonly version: string;
  /** How long ago it said so, ms, by the clock of Redis alone. */
  readonly silence: number;
}

/** Where libraries are kept for all gateways. Revisions and versions are compared for being equal alone. */
export interface LibraryStore {
  /** Another one after every change; null where nothing was ever kept, or all of it was lost. */
  version(): Promise<string | null>;
  /** The revision of each library by its name. */
  revisions(): Promise<ReadonlyMap<string, string>>;
  read(names: readonly string[]): Promise<ReadonlyMap<string, Kept>>;
  /**
   * Keeps a library where the kept revision is still the expected one, null for none, and tells all gateways.
   *
   * @returns the new version; undefined where somebody else was first
   */
  save(name: string, kept: Kept, expected: string | null): Promise<string | undefined>;
  /** The same for deleting, with all that belongs to that life of the library. */
  remove(name: string, life: string, expected: string): Promise<string | undefined>;
  /** Calls back when some gateway changed something. */
  listen(heard: () => void): Promise<void>;
  /** Tells the others up to which version this gateway follows. */
  follow(gateway: string, version: string): Promise<void>;
  /** What the gateways told. */
  followers(): Promise<ReadonlyMap<string, Follower>>;
  leave(gateway: string): Promise<void>;
  close(): void;
}
