import { describe, expect, it } from "vitest";
import { logged } from "./testing/harness.js";
import { asked, stage } from "./testing/sse-stage.js";

describe("a connection over SSE that is refused", () => {
  it.each([
    [400, "bad_request"],
    [403, "forbidden"],
  ])("fails on a status of %i that is none of the gateway's own", async (status, code) => {
    const { wire, errors, latest, settle } = await asked();
    latest.refuse(status);
    await settle();
    expect([wire.state, errors]).toEqual(["failed", [code]]);
  });

  it.each([401, 404, 429, 431, 500, 503])("tries again after a status of %i", async (status) => {
    const { wire, errors, reasons, latest, settle } = await asked();
    latest.refuse(status);
    await settle();
    expect([wire.state, errors]).toEqual(["waiting", []]);
    expect(reasons.at(-1)).toContain(`HTTP ${status}`);
  });

  it("fails where the gateway refuses the connection, and no channel of it", async () => {
    const { wire, errors, latest, settle } = await asked();
    latest.refuse(403, { code: "forbidden", message: "this origin may not connect" });
    await settle();
    expect([wire.state, errors]).toEqual(["failed", ["forbidden"]]);
  });

  it("says what the gateway says when it refuses for a while", async () => {
    const { wire, errors, reasons, latest, settle } = await asked();
    latest.refuse(503, { code: "unavailable", message: "no primary for the slot" });
    await settle();
    expect([wire.state, errors]).toEqual(["waiting", []]);
    expect(reasons.at(-1)).toBe("no primary for the slot (4503)");
  });

  it("tries again after a network that fails", async () => {
    const { wire, reasons, latest, settle } = await asked();
    latest.drop();
    await settle();
    expect(wire.state).toBe("waiting");
    expect(reasons.at(-1)).toContain("fetch failed");
  });

  it("refuses a channel that the gateway refuses in the stream, and no other", async () => {
    const { wire, open, settle } = stage();
    const secret = logged(wire, {}, "key:secret");
    const orders = logged(wire);
    const stream = await open();
    const id = stream.subscribes[0]?.id ?? 0;
    stream.say({ type: "unsubscribed", channel: "key:secret", code: "forbidden", message: "no" });
    stream.say({ type: "error", id, code: "forbidden", message: "late" });
    await settle();
    expect([secret.subscription.state, orders.subscription.state]).toEqual(["refused", "live"]);
  });

  it.each([
    [403, "forbidden"],
    [429, "limit_exceeded"],
    [503, "notifications_disabled"],
  ])(
    "refuses the channels that had the whole stream refused with %i, and serves the others",
    async (status, code) => {
      const { wire, streams, open, errors, settle } = stage();
      const logs = ["key:a", "key:secret", "key:b", "key:hidden"].map((name) =>
        logged(wire, {}, name),
      );
      for (const bad of ["key:secret", "key:hidden"]) {
        await settle();
        const stream = streams.at(-1);
        const id = stream?.subscribes.find(({ channel }) => channel === bad)?.id;
        stream?.refuse(status, { code, message: `not ${bad}`, id });
      }
      await open();
      expect(logs.map(({ subscription }) => subscription.state)).toEqual([
        "live",
        "refused",
        "live",
        "refused",
      ]);
      expect(logs.map((log) => log.errors)).toEqual([[], [code], [], [code]]);
      expect([wire.state, errors, streams.length]).toEqual(["open", [], 3]);
    },
  );

  it("goes on without a channel that is refused for a while, and asks for it again", async () => {
    const { wire, streams, open, settle } = stage();
    const [slow, orders] = [logged(wire, {}, "key:slow"), logged(wire)];
    const refuse = () => {
      const stream = streams.at(-1);
      const id = stream?.subscribes.find(({ channel }) => channel === "key:slow")?.id;
      stream?.refuse(503, { code: "unavailable", message: "no primary for the slot", id });
    };
    await settle();
    refuse();
    await open();
    const states = () => [slow, orders].map(({ subscription }) => subscription.state);
    expect([states(), streams.length]).toEqual([["pending", "live"], 2]);
    await settle(250);
    refuse();
    await open();
    expect([states(), streams.length]).toEqual([["pending", "live"], 4]);
    await settle(500);
    await open();
    expect([states(), streams.length]).toEqual([["live", "live"], 5]);
    expect([slow.errors, wire.state]).toEqual([["unavailable", "unavailable"], "open"]);
  });

  it("is tried again as a whole where its only channel is refused for a while", async () => {
    const { wire, streams, latest, open, settle } = await asked();
    const id = latest.subscribes[0]?.id;
    latest.refuse(503, { code: "unavailable", message: "no primary for the slot", id });
    await settle();
    expect([wire.state, streams.length]).toEqual(["waiting", 1]);
    await settle(250);
    await open();
    expect([wire.state, streams.length]).toEqual(["open", 2]);
  });

  it("opens no stream when it was closed by whom it told of a refusal", async () => {
    const { wire, streams, settle } = stage();
    wire.subscribe("key:a").on("error", () => wire.close());
    await settle();
    const id = streams[0]?.subscribes[0]?.id;
    streams[0]?.refuse(403, { code: "forbidden", message: "no grant covers it", id });
    await settle();
    expect([wire.state, streams.length]).toEqual(["closed", 1]);
  });

  it("is idle when the only channel was refused", async () => {
    const { wire, latest, settle } = await asked();
    const id = latest.subscribes[0]?.id;
    latest.refuse(403, { code: "forbidden", message: "no grant covers it", id });
    await settle();
    expect(wire.state).toBe("idle");
  });

  it("comes back later where there is no room for the stream, which is no fault of a channel", async () => {
    const { wire, streams, reasons, settle } = stage();
    const logs = ["key:a", "key:b"].map((name) => logged(wire, {}, name));
    await settle();
    streams.at(-1)?.refuse(429, { code: "limit_exceeded", message: "too many" });
    await settle();
    expect([wire.state, reasons.at(-1)]).toEqual(["waiting", "too many (4429)"]);
    expect(streams).toHaveLength(1);
    expect(logs.map(({ subscription }) => subscription.state)).toEqual(["pending", "pending"]);
  });
});
