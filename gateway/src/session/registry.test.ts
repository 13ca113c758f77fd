import { describe, expect, it } from "vitest";
import { Bench, type TestClient } from "./testing/bench.js";

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return String(Object(error).code);
  }
  return "none";
};

describe("room", () => {
  it("has so many sessions in all, and room again when one has gone", () => {
    const bench = new Bench({ sessions: 2 });
    const first = bench.connect("a");
    bench.connect("b");
    expect(codeOf(() => bench.connect("c"))).toBe("limit_exceeded");
    expect(bench.limited).toEqual(["sessions"]);
    first.session.close(1001, "bye");
    expect(codeOf(() => bench.connect("c"))).toBe("limit_exceeded");
    first.session.disconnected();
    expect(codeOf(() => bench.connect("c"))).toBe("none");
  });

  it("has so many for an address", () => {
    const bench = new Bench({ sessionsPerAddress: 1 });
    const first = bench.connect("a");
    expect(codeOf(() => bench.connect("a"))).toBe("limit_exceeded");
    bench.connect("b");
    first.session.disconnected();
    expect(codeOf(() => bench.connect("a"))).toBe("none");
    expect(bench.limited).toEqual(["sessions_per_address"]);
  });

  it("has so many for a user, who is told when the token comes", async () => {
    const bench = new Bench({ sessionsPerUser: 1 });
    const first = await bench.open("alice");
    const second = await bench.open("alice");
    expect(second.transport.of("error")).toMatchObject([{ code: "limit_exceeded" }]);
    expect(second.transport.ended).toMatchObject({ code: 4429 });
    expect(bench.limited).toEqual(["sessions_per_user"]);
    first.session.disconnected();
    // The one that was refused never counted, and gives nothing back.
    second.session.disconnected();
    expect((await bench.open("alice")).session.state).toBe("open");
    expect((await bench.open("alice")).session.state).toBe("closing");
  });
});

describe("draining", () => {
  const reconnect = { min: 500, max: 10_000 };

  it("says goodbye to all, in batches, and resolves when the last has gone", async () => {
    const bench = new Bench({ sessions: 1_000, sessionsPerAddress: 1_000, sessionsPerUser: 1_000 });
    const clients: TestClient[] = [];
    for (let count = 0; count < 450; count++) clients.push(await bench.open());
    let over = false;
    const drained = bench.registry.drain({ within: 30_000, reconnect }).then(() => {
      over = true;
    });
    await bench.settle();
    const left = () => clients.filter(({ transport }) => transport.ended !== undefined);
    expect(left()).toHaveLength(200);
    expect(codeOf(() => bench.connect("new"))).toBe("unavailable");
    await bench.advance(100);
    await bench.advance(100);
    expect(left()).toHaveLength(450);
    for (const { transport } of clients) {
      expect(transport.ended).toMatchObject({ code: 1012 });
      const [goodbye] = transport.of("goodbye");
      expect(goodbye).toMatchObject({ reason: "draining" });
      expect(goodbye?.reconnect.min).toBeGreaterThanOrEqual(500);
      expect(goodbye?.reconnect.max).toBeLessThanOrEqual(10_000);
    }
    expect(over).toBe(false);
    for (const { session } of clients) session.disconnected();
    await drained;
    expect(over).toBe(true);
  });

  it("does not wait longer than it may for who does not go", async () => {
    const bench = new Bench();
    const client = await bench.open();
    const drained = bench.registry.drain({ within: 2_000, reconnect });
    await bench.advance(2_000);
    await drained;
    expect(client.transport.ended).toMatchObject({ code: 1012 });
    expect(bench.registry.size).toBe(1);
  });

  it("is over at once where nobody is there, and leaves no timer", async () => {
    const bench = new Bench();
    await bench.registry.drain({ within: 2_000, reconnect });
    bench.registry.stop();
    expect(bench.clock.pending).toBe(0);
  });
});
