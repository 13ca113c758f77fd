/**
 * Names the lives of channels. An epoch is opaque to clients; to its own gateway it tells whether a
 * cursor is of this life of the gateway, and since when its channel lived.
 */
export class Epochs {
  readonly #life: string;
  #count = 0;

  /** @param life letters and digits that no other life of a gateway has */
  constructor(life: string) {
    this.#life = life;
  }

  next(now: number): string {
    this.#count += 1;
    return `${this.#life}-${now.toString(36)}-${this.#count.toString(36)}`;
  }

  /** Whether this life of the gateway made it. */
  isOwn(epoch: string): boolean {
    return epoch.startsWith(`${this.#life}-`);
  }
}

/** When the epoch began, ms since the Unix epoch; 0 where it does not tell, or tells a future. */
export function epochStart(epoch: string, now: number): number {
  const [, started = ""] = epoch.split("-");
  const at = /^[0-9a-z]{1,10}$/.test(started) ? Number.parseInt(started, 36) : 0;
  return at <= now ? at : 0;
}
