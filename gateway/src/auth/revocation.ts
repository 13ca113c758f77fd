import { type Clock, type Timer, WireError } from "@keywire/shared";

/** A name, `sub:<user>` or `jti:<token id>`, and when it was revoked, ms since the Unix epoch. */
export type Revoked = readonly [name: string, at: number];

/** Where revocations are kept, and heard of, by all gateways. */
export interface RevocationStore {
  /** Differs from what it was before every revocation since; undefined where there is nothing. */
  version(): Promise<string | undefined>;
  /** Those later than a moment. */
  load(since: number): Promise<readonly Revoked[]>;
  /** Keeps one, forgets those before a moment and the oldest of more than `most`, and tells every gateway. */
  save(revoked: Revoked, forgetBefore: number, most: number): Promise<void>;
  /** Keeps these again, which were lost, and tells every gateway. */
  restore(revoked: readonly Revoked[]): Promise<void>;
  /** Calls back when some gateway revoked something. */
  listen(heard: () => void): Promise<void>;
  close(): void;
}

/** The parts of an identity that revocation looks at. */
export interface Revocable {
  readonly user: string;
  readonly tokenId: string | undefined;
  readonly issuedAt: number | undefined;
}

export type Revocation = { readonly sub: string } | { readonly jti: string };

/** ms between two looks at the store, lest a message be missed. */
export const POLL = 5_000;
/** ms between two looks while the store has not been read yet. */
export const FIRST_POLL = 250;
/** ms that starting waits for the first look: Redis may be away for long. */
const FIRST_WAIT = 2_000;
/** ms that the store has to answer: a connection may queue for long, or be open and dead. */
export const ANSWER_TIMEOUT = 5_000;
/** ms that are read once more: another gateway's clock, which its revocations bear, may be behind. */
export const OVERLAP = 10 * 60_000;
/** ms that a revocation counts: more than a year, which is how long the longest tokens live. */
export const RETENTION = 400 * 24 * 3_600_000;
/** Beyond it the oldest are forgotten: most likely their tokens have expired. */
export const MAX_REVOCATIONS = 100_000;

/**
 * Tokens that count no more before they expire: of a user, those issued until then (those that do
 * not say when they were issued, always); or one by its `jti`. While the store is away, what was
 * last known goes on counting.
 */
export class Revocations {
  readonly #store: RevocationStore;
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  readonly #known = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  #state: "open" | "closed" = "open";
  #hearing: "not" | "asked" | "yes" = "not";
  /** What the store was like when it was last read, and when that was, ms since the Unix epoch. */
  #version: string | undefined;
  #readAt: number | undefined;
  #look: Promise<void> | undefined;
  #isLookDue = false;
  #timer: Timer | undefined;

  /** @param failed told of each look at the store that failed */
  constructor(store: RevocationStore, clock: Clock, failed: (error: unknown) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#failed = failed;
  }

  /** Begins to follow the store, and waits a while for the first look at it. */
  async start(): Promise<void> {
    await this.#within(FIRST_WAIT, this.#poll()).catch((error: unknown) => this.#report(error));
  }

  /** Why tokens that were revoked may still count; empty where they do not. */
  problems(): string[] {
    return this.#readAt === undefined ? ["revocations have not been read from Redis yet"] : [];
  }

  /** @throws WireError `unavailable` where the store did not take it */
  async revoke(revocation: Revocation): Promise<void> {
    const now = this.#clock.now();
    const name = "sub" in revocation ? `sub:${revocation.sub}` : `jti:${revocation.jti}`;
    try {
      await this.#within(ANSWER_TIMEOUT, this.#save([name, now]));
    } catch (cause) {
      const message = "Redis did not confirm the revocation, so it may not count; try again";
      throw new WireError("unavailable", message, { cause });
    }
    this.#learn([[name, now]]);
  }

  isRevoked({ user, tokenId, issuedAt }: Revocable): boolean {
    if (tokenId !== undefined && this.#known.has(`jti:${tokenId}`)) return true;
    const at = this.#known.get(`sub:${user}`);
    // `iat` counts seconds: a token of the same second may be older.
    return at !== undefined && (issuedAt === undefined || issuedAt <= at);
  }

  /** Calls back when something more is revoked; returns what ends that. */
  onRevoked(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#state = "closed";
    this.#timer?.cancel();
    this.#store.close();
  }

  async #poll(): Promise<void> {
    this.#hear();
    await this.#lookNow();
    if (this.#state === "closed") return;
    const pause = this.#readAt === undefined ? FIRST_POLL : POLL;
    this.#timer = this.#clock.after(pause, () => void this.#poll());
  }

  #hear(): void {
    if (this.#hearing !== "not") return;
    this.#hearing = "asked";
    this.#store
      .listen(() => void this.#lookNow())
      .then(
        () => {
          this.#hearing = "yes";
        },
        (error: unknown) => {
          this.#hearing = "not";
          this.#report(error);
        },
      );
  }

  /** One look at a time: those asked for meanwhile are one more, behind it. */
  #lookNow(): Promise<void> {
    this.#isLookDue = true;
    this.#look ??= this.#lookWhileDue().finally(() => {
      this.#look = undefined;
    });
    return this.#look;
  }

  async #lookWhileDue(): Promise<void> {
    while (this.#isLookDue && this.#state !== "closed") {
      this.#isLookDue = false;
      const read = this.#within(ANSWER_TIMEOUT, this.#read());
      await read.catch((error: unknown) => this.#report(error));
    }
  }

  async #save(revoked: Revoked): Promise<void> {
    // Behind it the store would look as if nothing had been lost.
    await this.#wholeVersion();
    const forgetBefore = this.#clock.now() - RETENTION;
    await this.#store.save(revoked, forgetBefore, MAX_REVOCATIONS);
  }

  /** The store's version, once it has again what a flush took away: gateways that start later know no other. */
  async #wholeVersion(): Promise<string | undefined> {
    const version = await this.#store.version();
    if (version !== undefined || this.#known.size === 0) return version;
    await this.#store.restore([...this.#known]);
    return this.#store.version();
  }

  async #read(): Promise<void> {
    const now = this.#clock.now();
    const kept = now - RETENTION;
    for (const [name, at] of this.#known) if (at < kept) this.#known.delete(name);
    // First the version: what is revoked while the rest is read counts as unread.
    const version = await this.#wholeVersion();
    if (version !== this.#version || this.#readAt === undefined) {
      // What was put back into an empty store may be of any age.
      const isAll = this.#readAt === undefined || this.#version === undefined;
      const since = isAll ? kept : (this.#readAt ?? kept) - OVERLAP;
      const found = await this.#store.load(since);
      this.#learn(found);
      this.#version = version;
      if (!isAll) await this.#putBack(since, new Map(found));
    }
    this.#readAt = now;
  }

  /** A failover may have undone what was confirmed: gateways that start later know no other. */
  async #putBack(since: number, kept: ReadonlyMap<string, number>): Promise<void> {
    const lost = [...this.#known].filter(([name, at]) => at >= since && (kept.get(name) ?? 0) < at);
    if (lost.length > 0) await this.#store.restore(lost);
  }

  #learn(revoked: readonly Revoked[]): void {
    const news = revoked.filter(([name, at]) => (this.#known.get(name) ?? 0) < at);
    if (news.length === 0) return;
    for (const [name, at] of news) {
      // Behind the others: the map is in the order of the moments, or nearly.
      this.#known.delete(name);
      this.#known.set(name, at);
    }
    for (const name of this.#known.keys()) {
      if (this.#known.size <= MAX_REVOCATIONS) break;
      this.#known.delete(name);
    }
    for (const listener of this.#listeners) listener();
  }

  /** What comes later than `ms` is not waited for. */
  async #within<T>(ms: number, answer: Promise<T>): Promise<T> {
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new Error(`Redis did not answer about revocations within ${ms} ms`);
      timer = this.#clock.after(ms, () => reject(error));
    });
    return await Promise.race([answer, late]).finally(() => timer?.cancel());
  }

  #report(error: unknown): void {
    if (this.#state !== "closed") this.#failed(error);
  }
}
