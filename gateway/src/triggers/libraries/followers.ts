import type { LibrariesPorts, Unreachable } from "./ports.js";
import type { Follower } from "./store.js";
import { within } from "./within.js";

/** ms between two signs that a gateway gives of itself at the most. */
export const SIGN_EVERY = 2_000;
/** ms without a sign after which a gateway is not waited for. */
const STALE = 3 * SIGN_EVERY;
/** ms after which a gateway that gave no sign is forgotten. */
const GONE = 10 * 60_000;
/** ms that loading waits for the other gateways to have the library too. */
const WAIT = 3_000;
/** ms between two looks at how far they are. */
const LOOK_EVERY = 20;

export interface FollowersPorts extends Pick<LibrariesPorts, "store" | "clock" | "gateway"> {
  readonly isOpen: () => boolean;
  readonly unreachable: Unreachable;
}

/** How far each gateway follows the store: this one's sign, and the others'. */
export class Followers {
  readonly #ports: FollowersPorts;

  constructor(ports: FollowersPorts) {
    this.#ports = ports;
  }

  /** Tells the others that this gateway has that version. */
  async tell(version: string | null): Promise<void> {
    const { store, gateway, clock, unreachable } = this.#ports;
    await within(clock, store.follow(gateway, version ?? "")).catch((error: unknown) =>
      unreachable("libraries cannot be followed", error),
    );
  }

  /** Waits until the other gateways have what this one changed: what is written then finds it. */
  async caughtUp(): Promise<void> {
    const { store, clock, isOpen, unreachable } = this.#ports;
    const until = clock.now() + WAIT;
    try {
      while (clock.now() < until && isOpen()) {
        const version = (await within(clock, store.version())) ?? "";
        const followers = await within(clock, store.followers());
        const behind = [...followers].filter(([id, follower]) =>
          this.#isBehind(id, follower, version),
        );
        if (behind.length === 0) return;
        await new Promise<void>((resolve) => clock.after(LOOK_EVERY, resolve));
      }
    } catch (error) {
      unreachable("nobody knows whether the other gateways follow", error);
    }
  }

  #isBehind(id: string, follower: Follower, version: string): boolean {
    const { store, gateway } = this.#ports;
    if (id === gateway) return false;
    if (follower.silence > GONE) void store.leave(id).catch(() => {});
    return follower.silence < STALE && follower.version !== version;
  }
}
