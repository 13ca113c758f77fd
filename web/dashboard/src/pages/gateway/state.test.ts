import { describe, expect, it } from "vitest";
import { readState } from "./state.js";

const NODE = { id: "n1", address: "127.0.0.1:6379", role: "primary", state: "ready", slots: 16384 };

describe("readState", () => {
  it("reads what the gateway tells", () => {
    const state = readState({
      nodes: [{ ...NODE, since: 5, problem: "refused" }],
      feeds: [{ channel: "__keyspace@0__:a", kind: "subscribe", nodes: ["n1"], refcount: 3 }],
      channels: [
        { name: "key:a", state: "live", options: { events: ["set"] }, members: 3, offset: 9 },
      ],
      sessions: [
        {
          ...{ id: "s1", user: "ada", transport: "websocket", address: "::1", since: 7 },
          ...{ subscriptions: ["key:a"], outbox: 12, dropped: 1 },
        },
      ],
    });
    expect(state.nodes[0]).toMatchObject({
      address: "127.0.0.1:6379",
      problem: "refused",
      since: 5,
    });
    expect(state.feeds[0]).toMatchObject({ kind: "subscribe", nodes: ["n1"], refcount: 3 });
    expect(state.channels[0]).toMatchObject({
      name: "key:a",
      events: ["set"],
      members: 3,
      offset: 9,
    });
    expect(state.sessions[0]).toMatchObject({ user: "ada", subscriptions: ["key:a"], outbox: 12 });
  });

  it("takes what is left out for empty", () => {
    const state = readState({ nodes: [{}], feeds: [{}], sessions: [{ user: null }] });
    expect(state.nodes[0]).toMatchObject({ address: "", slots: 0, problem: null });
    expect(state.feeds[0]).toMatchObject({ nodes: [], refcount: 0 });
    expect([state.channels, state.sessions[0]?.user]).toEqual([[], null]);
  });

  it.each([null, "html", {}, { nodes: [] }, []])("refuses %j, which is no state", (answer) => {
    expect(() => readState(answer)).toThrow(/not the state of a gateway/);
  });
});
