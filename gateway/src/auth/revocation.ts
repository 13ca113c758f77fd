import type { Clock, Timer } from "@keywire/shared";

/** Where revocations are kept, and heard of, by all gateways. */
export interface RevocationStore {
  /** Name and moment (ms since the Unix epoch) of those later than a moment. */
  load(since: number): Promise<readonly (readonly [name: string, at: number])[]>;
  /** Keeps one, forgets those before a moment, and tells every gateway. */
  save(name: string, at: number, forgetBefore: number): Promise<void>;
  /** Calls back when some gateway revoked something. */
  listen(heard: () => void): Promise<void>;
  close(): Promise<void>;
}

/** The parts of an identity that revocation looks at. */
export interface Revocable {
  readonly user: string;
  readonly tokenId: string | undefined;
  readonly issuedAt: number | undefined;
}

export type Revocation = { readonly sub: string } | { readonly jti: string };

/** ms between two looks at the store, lest a message be missed. */
const RELOAD = 5_000;
/** ms that a revocation counts. A token that lives longer than this counts again at its end. */
export const RETENTION = 30 * 24 * 3_600_000;

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
  #timer: Timer | undefined;
  #state: "open" | "closed" = "open";

  constructor(store: RevocationStore, clock: Clock, failed: (error: unknown) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#failed = failed;
  }

  /** Begins to follow the store; where it cannot be read yet, that is tried again. */
  async start(): Promise<void> {
    await this.#store.listen(() => void this.#reload()).catch(this.#failed);
    await this.#reload();
    this.#schedule();
  }

  /** @throws Error where the store did not take it: then nothing is revoked */
  async revoke(revocation: Revocation): Promise<void> {
    const now = this.#clock.now();
    const name = "sub" in revocation ? `sub:${revocation.sub}` : `jti:${revocation.jti}`;
    await this.#store.save(name, now, now - RETENTION);
    this.#apply([[name, now]]);
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

  async close(): Promise<void> {
    this.#state = "closed";
    this.#timer?.cancel();
    await this.#store.close();
  }

  #schedule(): void {
    if (this.#state === "closed") return;
    this.#timer = this.#clock.after(RELOAD, () => {
      void this.#reload().then(() => this.#schedule());
    });
  }

  async #reload(): Promise<void> {
    if (this.#state === "closed") return;
    const since = this.#clock.now() - RETENTION;
    try {
      this.#apply(await this.#store.load(since));
    } catch (error) {
      this.#failed(error);
    }
    for (const [name, at] of this.#known) if (at < since) this.#known.delete(name);
  }

  #apply(revocations: readonly (readonly [name: string, at: number])[]): void {
    const news = revocations.filter(([name, at]) => (this.#known.get(name) ?? 0) < at);
    for (const [name, at] of news) this.#known.set(name, at);
    if (news.length > 0) for (const listener of this.#listeners) listener();
  }
}
