/** ms between two lines of the log about the same trouble, as long as it goes on. */
const SAY_AGAIN = 60_000;
/** Troubles that are told apart. */
const MOST = 100;

/** How often something happened since it was said last, without a word. */
type Unsaid = { readonly unsaid?: number };

/** What happens again and again, perhaps with each event, is said at once, and then now and then. */
export class NowAndThen {
  readonly #now: () => number;
  readonly #troubles = new Map<string, { readonly saidAt: number; unsaid: number }>();

  /** @param now ms; only what passes counts */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Says it, where that is due.
   *
   * @param what tells this trouble from others
   * @param say gets what belongs in the line, besides what happened
   */
  tell(what: string, say: (fields: Unsaid) => void): void {
    const now = this.#now();
    // How many ms a node was silent, or which slot has no owner, makes no other trouble of it; a name with digits does.
    const trouble = what.replace(/\b\d+\b/g, "0");
    const known = this.#troubles.get(trouble);
    if (known !== undefined && now - known.saidAt < SAY_AGAIN) {
      known.unsaid++;
      return;
    }
    if (this.#troubles.size >= MOST) this.#troubles.clear();
    this.#troubles.set(trouble, { saidAt: now, unsaid: 0 });
    const unsaid = known?.unsaid ?? 0;
    say(unsaid > 0 ? { unsaid } : {});
  }
}
