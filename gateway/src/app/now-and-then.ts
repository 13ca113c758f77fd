/** ms between two lines of the log about the same trouble, as long as it goes on. */
const SAY_AGAIN = 10_000;
/** Troubles that are told apart. */
const MOST = 100;

/** What happens again and again, perhaps with each event, is said now and then. */
export class NowAndThen {
  readonly #now: () => number;
  readonly #troubles = new Map<string, { readonly saidAt: number; unsaid: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @returns how often it happened since it was said last; undefined where it is not to be said now */
  tell(what: string): number | undefined {
    const now = this.#now();
    // How many ms a node was silent, or which slot has no owner, makes no other trouble of it.
    const trouble = what.replace(/\d+/g, "0");
    const known = this.#troubles.get(trouble);
    if (known !== undefined && now - known.saidAt < SAY_AGAIN) {
      known.unsaid++;
      return undefined;
    }
    if (this.#troubles.size >= MOST) this.#troubles.clear();
    this.#troubles.set(trouble, { saidAt: now, unsaid: 0 });
    return known?.unsaid ?? 0;
  }
}
