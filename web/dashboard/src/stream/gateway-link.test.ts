import { KeywireError } from "@keywire/client";
import { describe, expect, it } from "vitest";
import { CountingCanvas } from "../testing/canvas.js";
import { FakeWire } from "../testing/wire.js";
import { GatewayLink } from "./gateway-link.js";
import { Stream } from "./stream.js";

function setUp() {
  const wire = new FakeWire();
  const stream = new Stream(new CountingCanvas());
  const ended: string[] = [];
  const link = new GatewayLink(wire, stream, (reason) => ended.push(reason));
  const notices = () =>
    Array.from({ length: stream.log.size }, (_, index) => stream.log.at(index)).map((row) =>
      row?.kind === "notice" ? row.notice.code : row?.kind,
    );
  return { wire, stream, link, ended, notices };
}

describe("GatewayLink", () => {
  it("names a first connection, a loss and a return, and notes the latter two among the events", () => {
    const { wire, link, notices } = setUp();
    const kinds = [link.connection.value.kind];
    for (const state of ["connecting", "open", "waiting", "connecting", "waiting"] as const) {
      wire.turn(state);
      kinds.push(link.connection.value.kind);
    }
    wire.turn("open");
    kinds.push(link.connection.value.kind);
    expect(kinds).toEqual([
      ...["connecting", "connecting", "open", "waiting", "waiting", "waiting"],
      "open",
    ]);
    expect(notices()).toEqual(["reconnected", "disconnected"]);
  });

  it("tells why it has given up", () => {
    const { wire, link } = setUp();
    wire.turn("failed", "this origin is not allowed");
    expect(link.connection.value).toEqual({
      kind: "failed",
      reason: "This origin is not allowed.",
    });
  });

  it("asks a connection that has given up for nothing more", () => {
    const { wire, stream } = setUp();
    wire.turn("failed", "this origin is not allowed");
    stream.watch("prefix:a");
    expect(wire.subscriptions).toEqual([]);
    expect(stream.channels.value).toEqual([{ name: "prefix:a", state: "pending", fault: null }]);
  });

  it("tells that the token has ended instead of noting an error", () => {
    const { wire, ended, notices } = setUp();
    wire.fail(new KeywireError("token_expired", "the token expired"));
    expect([ended, notices()]).toEqual([["The token expired."], []]);
  });

  it("notes other errors among the events", () => {
    const { wire, ended, notices } = setUp();
    wire.fail(new KeywireError("rate_limited", "slower, please"));
    expect([ended, notices()]).toEqual([[], ["rate_limited"]]);
  });

  it("closes the connection and no longer listens to it", () => {
    const { wire, link, notices } = setUp();
    wire.turn("open");
    link.close();
    expect(wire.state).toBe("closed");
    wire.turn("waiting");
    expect([link.connection.value.kind, notices()]).toEqual(["open", []]);
  });
});
