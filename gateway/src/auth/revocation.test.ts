import { VirtualClock } from "@keywire/shared/testing";
import { describe, expect, it } from "vitest";
import { RETENTION, type RevocationStore, Revocations } from "./revocation.js";

/** A store that several gateways share; messages get through, or do not. */
class SharedStore {
  readonly kept = new Map<string, number>();
  readonly listeners = new Set<() => void>();
  state: "up" | "down" | "deaf" = "up";

  open(): RevocationStore {
    return {
      load: async (since) => {
        this.#check();
        return [...this.kept].filter(([, at]) => at >= since);
      },
      save: async (name, at, forgetBefore) => {
        this.#check();
        this.kept.set(name, at);
        for (const [known, then] of this.kept) if (then < forgetBefore) this.kept.delete(known);
        if (this.state === "up") for (const listener of this.listeners) listener();
      },
      listen: async (heard) => {
        this.listeners.add(heard);
      },
      close: async () => {},
    };
  }

  #check(): void {
    if (this.state === "down") throw new Error("the store is down");
  }
}

async function gateways(count: number) {
  const clock = new VirtualClock();
  const store = new SharedStore();
  const errors: unknown[] = [];
  const all = Array.from({ length: count }, () => {
    return new Revocations(store.open(), clock, (error) => errors.push(error));
  });
  for (const revocations of all) await revocations.start();
  return { clock, store, errors, all };
}

const token = (issuedAt?: number, tokenId?: string) => ({ user: "eve", tokenId, issuedAt });

describe("Revocations", () => {
  it("count on every gateway at once, for tokens of the user issued until then", async () => {
    const { clock, all } = await gateways(2);
    const [one, other] = all;
    let told = 0;
    other?.onRevoked(() => told++);
    await clock.advance(10_000);
    const now = clock.now();
    await one?.revoke({ sub: "eve" });
    await clock.advance(0);
    expect(told).toBe(1);
    for (const revocations of all) {
      expect(revocations.isRevoked(token(now - 1))).toBe(true);
      expect(revocations.isRevoked(token(undefined))).toBe(true);
      expect(revocations.isRevoked(token(now + 1_000))).toBe(false);
      expect(revocations.isRevoked({ ...token(now - 1), user: "bob" })).toBe(false);
    }
  });

  it("take one token by its id", async () => {
    const { all } = await gateways(1);
    await all[0]?.revoke({ jti: "t1" });
    expect(all[0]?.isRevoked(token(undefined, "t1"))).toBe(true);
    expect(all[0]?.isRevoked(token(undefined, "t2"))).toBe(false);
  });

  it("are found within seconds where the message was lost", async () => {
    const { clock, store, all } = await gateways(2);
    store.state = "deaf";
    await all[0]?.revoke({ sub: "eve" });
    expect(all[1]?.isRevoked(token())).toBe(false);
    await clock.advance(5_000);
    expect(all[1]?.isRevoked(token())).toBe(true);
  });

  it("go on counting while the store is away, and a new one is refused rather than lost", async () => {
    const { clock, store, errors, all } = await gateways(1);
    await all[0]?.revoke({ sub: "eve" });
    store.state = "down";
    await clock.advance(20_000);
    expect(all[0]?.isRevoked(token())).toBe(true);
    expect(errors.length).toBeGreaterThan(0);
    await expect(all[0]?.revoke({ sub: "bob" })).rejects.toThrow("down");
  });

  it("are forgotten when what they refuse has long expired, and leave no timer", async () => {
    const { clock, store, all } = await gateways(1);
    await all[0]?.revoke({ sub: "eve" });
    // Days of looks every five seconds are more than a test needs: the clock jumps once.
    await all[0]?.close();
    expect(clock.pending).toBe(0);
    const later = new VirtualClock(clock.now() + RETENTION + 1);
    const next = new Revocations(store.open(), later, () => {});
    await next.start();
    expect(next.isRevoked(token())).toBe(false);
    await next.close();
  });
});
