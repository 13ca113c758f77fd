import type { WireError } from "@keywire/shared";
import { VirtualClock } from "@keywire/shared/testing";
import { afterEach, describe, expect, it } from "vitest";
import {
  ANSWER_TIMEOUT,
  FIRST_POLL,
  MAX_REVOCATIONS,
  OVERLAP,
  POLL,
  RETENTION,
  type RevocationStore,
  Revocations,
  type Revoked,
} from "./revocation.js";

/** A store that several gateways share; messages get through, or do not. */
class SharedStore {
  readonly kept = new Map<string, number>();
  readonly listeners = new Set<() => void>();
  readonly loads: number[] = [];
  state: "up" | "down" | "deaf" | "hanging" = "up";
  #saved = 0;

  open(): RevocationStore {
    return {
      version: async () => {
        await this.#reach();
        return this.#saved === 0 ? undefined : String(this.#saved);
      },
      load: async (since) => {
        await this.#reach();
        this.loads.push(since);
        return [...this.kept].filter(([, at]) => at >= since);
      },
      save: async ([name, at], forgetBefore, most) => {
        await this.#reach();
        this.keep([[name, at]]);
        for (const [known, then] of this.kept) if (then < forgetBefore) this.kept.delete(known);
        expect(most).toBe(MAX_REVOCATIONS);
        if (this.state === "up") for (const listener of this.listeners) listener();
      },
      restore: async (revoked) => {
        await this.#reach();
        this.keep(revoked);
        if (this.state === "up") for (const listener of this.listeners) listener();
      },
      listen: async (heard) => {
        await this.#reach();
        this.listeners.add(heard);
      },
      close: () => {},
    };
  }

  /** As a flush does. */
  lose(): void {
    this.kept.clear();
    this.#saved = 0;
  }

  /** @returns goes back to how it is now, as a failover does */
  mark(): () => void {
    const [kept, saved] = [[...this.kept], this.#saved];
    return () => {
      this.kept.clear();
      for (const [name, at] of kept) this.kept.set(name, at);
      this.#saved = saved;
    };
  }

  keep(revoked: readonly Revoked[]): void {
    for (const [name, at] of revoked) this.kept.set(name, at);
    this.#saved++;
  }

  async #reach(): Promise<void> {
    if (this.state === "hanging") await new Promise(() => {});
    if (this.state === "down") throw new Error("the store is down");
  }
}

class Bench {
  readonly clock = new VirtualClock();
  readonly store = new SharedStore();
  readonly errors: unknown[] = [];
  readonly #opened: Revocations[] = [];

  async gateway(clock = this.clock): Promise<Revocations> {
    const revocations = new Revocations(this.store.open(), clock, (error) => {
      this.errors.push(error);
    });
    this.#opened.push(revocations);
    const started = revocations.start();
    await clock.advance(2_000);
    await started;
    return revocations;
  }

  end(): void {
    for (const revocations of this.#opened) revocations.close();
    expect(this.clock.pending).toBe(0);
  }
}

const token = (issuedAt?: number, tokenId?: string) => ({ user: "eve", tokenId, issuedAt });

describe("Revocations", () => {
  let bench = new Bench();
  afterEach(() => {
    bench.end();
    bench = new Bench();
  });

  it("count on every gateway at once, for tokens of the user issued until then", async () => {
    const [one, other] = [await bench.gateway(), await bench.gateway()];
    let told = 0;
    const unlisten = other.onRevoked(() => told++);
    const now = bench.clock.now();
    await one.revoke({ sub: "eve" });
    await bench.clock.advance(0);
    expect(told).toBe(1);
    for (const revocations of [one, other]) {
      expect(revocations.isRevoked(token(now - 1_000))).toBe(true);
      expect(revocations.isRevoked(token(now))).toBe(true);
      expect(revocations.isRevoked(token(undefined))).toBe(true);
      expect(revocations.isRevoked(token(now + 1_000))).toBe(false);
      expect(revocations.isRevoked({ ...token(now), user: "bob" })).toBe(false);
    }
    unlisten();
    await one.revoke({ sub: "bob" });
    await bench.clock.advance(0);
    expect(told).toBe(1);
    expect(other.isRevoked({ ...token(), user: "bob" })).toBe(true);
  });

  it("move on with each revocation of the same user", async () => {
    const gateway = await bench.gateway();
    await gateway.revoke({ sub: "eve" });
    await bench.clock.advance(10_000);
    const fresh = token(bench.clock.now() - 1_000);
    expect(gateway.isRevoked(fresh)).toBe(false);
    await gateway.revoke({ sub: "eve" });
    expect(gateway.isRevoked(fresh)).toBe(true);
  });

  it("take one token by its id, whenever it was issued", async () => {
    const gateway = await bench.gateway();
    await gateway.revoke({ jti: "t1" });
    const later = bench.clock.now() + 60_000;
    expect(gateway.isRevoked(token(later, "t1"))).toBe(true);
    expect(gateway.isRevoked(token(later, "t2"))).toBe(false);
    expect(gateway.isRevoked({ ...token(), user: "t1" })).toBe(false);
  });

  it("are found within seconds where the message was lost", async () => {
    const [one, other] = [await bench.gateway(), await bench.gateway()];
    bench.store.state = "deaf";
    await one.revoke({ sub: "eve" });
    await bench.clock.advance(0);
    expect(other.isRevoked(token())).toBe(false);
    await bench.clock.advance(POLL);
    expect(other.isRevoked(token())).toBe(true);
  });

  it("go on counting while the store is away, and a new one is refused rather than lost", async () => {
    const gateway = await bench.gateway();
    await gateway.revoke({ sub: "eve" });
    bench.store.state = "down";
    await bench.clock.advance(20_000);
    expect(gateway.isRevoked(token())).toBe(true);
    expect(bench.errors.length).toBeGreaterThan(0);
    await expect(gateway.revoke({ sub: "bob" })).rejects.toMatchObject({ code: "unavailable" });
    expect(gateway.isRevoked({ ...token(), user: "bob" })).toBe(false);
    bench.store.kept.clear();
    bench.store.state = "up";
    await bench.clock.advance(POLL);
    expect(gateway.isRevoked(token())).toBe(true);
  });

  it("are known before start ends, and soon where the store comes later", async () => {
    bench.store.keep([["sub:eve", bench.clock.now()]]);
    expect((await bench.gateway()).isRevoked(token())).toBe(true);

    bench.store.state = "down";
    const late = await bench.gateway();
    expect(late.problems()).toEqual([expect.stringContaining("revocations")]);
    bench.store.state = "up";
    let told = 0;
    late.onRevoked(() => told++);
    await bench.clock.advance(FIRST_POLL);
    expect([told, late.isRevoked(token()), late.problems()]).toEqual([1, true, []]);
    bench.store.keep([["sub:bob", bench.clock.now()]]);
    for (const listener of bench.store.listeners) listener();
    await bench.clock.advance(0);
    expect(told).toBe(2);
  });

  it("do not keep the gateway from starting while the store says nothing", async () => {
    bench.store.state = "hanging";
    const gateway = await bench.gateway();
    expect(gateway.problems()).toHaveLength(1);
    bench.store.keep([["sub:eve", bench.clock.now()]]);
    bench.store.state = "up";
    await bench.clock.advance(ANSWER_TIMEOUT + FIRST_POLL);
    expect(gateway.isRevoked(token())).toBe(true);
  });

  it("are looked for again where the store hangs, and a new one is not waited for without end", async () => {
    const gateway = await bench.gateway();
    bench.store.state = "hanging";
    const failed = gateway.revoke({ sub: "bob" }).then(
      () => "done",
      (error: WireError) => error.code,
    );
    await bench.clock.advance(ANSWER_TIMEOUT + POLL);
    expect(await failed).toBe("unavailable");
    bench.store.keep([["sub:eve", bench.clock.now()]]);
    bench.store.state = "up";
    await bench.clock.advance(ANSWER_TIMEOUT + POLL);
    expect(gateway.isRevoked(token())).toBe(true);
  });

  it("are read again only when there are new ones, and then no more than those", async () => {
    bench.store.keep([["sub:bob", bench.clock.now()]]);
    const gateway = await bench.gateway();
    expect(bench.store.loads).toHaveLength(1);
    await bench.clock.advance(100 * POLL);
    expect(bench.store.loads).toHaveLength(1);
    const lastLook = bench.clock.now();
    bench.store.keep([["sub:eve", lastLook - OVERLAP + POLL]]);
    await bench.clock.advance(POLL);
    expect(gateway.isRevoked(token())).toBe(true);
    expect(bench.store.loads).toHaveLength(2);
    expect(bench.store.loads[1]).toBeGreaterThan(lastLook - OVERLAP - POLL - 1);
  });

  it("are put back where a flush took them away, for gateways that start later", async () => {
    const [one, young] = [await bench.gateway(), await bench.gateway()];
    await one.revoke({ sub: "eve" });
    await bench.clock.advance(2 * OVERLAP);
    bench.store.lose();
    await bench.clock.advance(POLL);
    expect((await bench.gateway()).isRevoked(token())).toBe(true);
    // At once as well, where one more is revoked before anybody has looked.
    bench.store.lose();
    const early = await bench.gateway();
    await young.revoke({ sub: "bob" });
    await bench.clock.advance(0);
    for (const gateway of [early, await bench.gateway()]) {
      expect(gateway.isRevoked(token())).toBe(true);
      expect(gateway.isRevoked({ ...token(), user: "bob" })).toBe(true);
    }
  });

  it("are known to a gateway that starts where the store has lost its version alone", async () => {
    // A server that is short of memory evicts one key or the other.
    bench.store.kept.set("sub:eve", bench.clock.now());
    const gateway = await bench.gateway();
    expect(gateway.isRevoked(token())).toBe(true);
  });

  it("are put back where a failover undid them, for gateways that start later", async () => {
    const gateway = await bench.gateway();
    await gateway.revoke({ sub: "alice" });
    await bench.clock.advance(POLL);
    const undo = bench.store.mark();
    await gateway.revoke({ sub: "mallory" });
    await bench.clock.advance(POLL);
    undo();
    await bench.clock.advance(POLL);
    expect([...bench.store.kept.keys()]).toEqual(["sub:alice", "sub:mallory"]);
    const later = await bench.gateway();
    expect(later.isRevoked({ user: "mallory", tokenId: undefined, issuedAt: 0 })).toBe(true);
    await bench.clock.advance(2 * POLL);
    expect(bench.store.loads.length).toBeLessThan(8);
  });

  it("are read once more, not once each, for a burst of messages", async () => {
    await bench.gateway();
    const before = bench.store.loads.length;
    for (let times = 0; times < 100; times++) {
      bench.store.keep([[`sub:${times}`, bench.clock.now()]]);
      for (const listener of bench.store.listeners) listener();
    }
    await bench.clock.advance(0);
    expect(bench.store.loads.length - before).toBeLessThanOrEqual(2);
  });

  it("are bounded: the oldest are forgotten first", async () => {
    const now = bench.clock.now();
    const many = Array.from({ length: MAX_REVOCATIONS + 10 }, (_, n): Revoked => [`sub:${n}`, now]);
    bench.store.keep(many);
    const gateway = await bench.gateway();
    expect(gateway.isRevoked({ ...token(), user: "9" })).toBe(false);
    expect(gateway.isRevoked({ ...token(), user: "10" })).toBe(true);
    expect(gateway.isRevoked({ ...token(), user: String(MAX_REVOCATIONS + 9) })).toBe(true);
  });

  it("are forgotten when what they refuse has long expired", async () => {
    const gateway = await bench.gateway();
    await gateway.revoke({ sub: "eve" });
    gateway.close();
    const later = new VirtualClock(bench.clock.now() + RETENTION + 1);
    const next = await bench.gateway(later);
    expect(next.isRevoked(token())).toBe(false);
    await next.revoke({ sub: "bob" });
    expect([...bench.store.kept.keys()]).toEqual(["sub:bob"]);
    next.close();
    expect(later.pending).toBe(0);
  });

  it("say nothing after the end", async () => {
    const gateway = await bench.gateway();
    gateway.close();
    bench.store.state = "down";
    for (const listener of bench.store.listeners) listener();
    await bench.clock.advance(POLL);
    expect(bench.errors).toEqual([]);
  });
});
