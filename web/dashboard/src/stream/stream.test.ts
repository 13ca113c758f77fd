import { KeywireError } from "@keywire/client";
import type { EventMessage } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { CountingCanvas } from "../testing/canvas.js";
import { FakeWire } from "../testing/wire.js";
import { Stream } from "./stream.js";

const NOW = 1_780_000_000_500;

function event(offset: number, channel = "prefix:a"): EventMessage {
  return { type: "event", channel, offset, event: "set", key: "k", db: 0, time: NOW };
}

function setUp() {
  const canvas = new CountingCanvas();
  return { canvas, wire: new FakeWire(), stream: new Stream(canvas, () => NOW) };
}

const states = (stream: Stream) => stream.channels.value.map(({ name, state }) => [name, state]);

describe("Stream", () => {
  it("subscribes to what is watched, before and after it has a connection", () => {
    const { stream, wire } = setUp();
    stream.watch("prefix:a");
    expect(states(stream)).toEqual([["prefix:a", "pending"]]);
    stream.attach(wire);
    stream.watch("key:b");
    expect(wire.subscriptions.map(({ channel }) => channel)).toEqual(["prefix:a", "key:b"]);
    wire.subscriptions[0]?.turn("live");
    expect(states(stream)).toEqual([
      ["prefix:a", "live"],
      ["key:b", "pending"],
    ]);
  });

  it("takes what arrives into the log and the rates, and asks to be painted", () => {
    const { stream, wire, canvas } = setUp();
    stream.attach(wire);
    stream.watch("prefix:a");
    wire.subscriptions[0]?.emit("event", event(1));
    wire.subscriptions[0]?.emit("gap", {
      type: "gap",
      channel: "prefix:a",
      offset: 2,
      reason: "failover",
      from: NOW,
      to: NOW + 5,
    });
    expect([stream.log.at(0)?.kind, stream.log.at(1)?.kind]).toEqual(["gap", "event"]);
    expect(stream.rates.last(NOW + 1_000)).toBe(1);
    expect(canvas.requests).toBe(2);
  });

  it("touches no signal per event", () => {
    const { stream, wire } = setUp();
    stream.attach(wire);
    stream.watch("prefix:a");
    const before = [stream.channels.value, stream.reader.state.value];
    for (let offset = 1; offset <= 100; offset++)
      wire.subscriptions[0]?.emit("event", event(offset));
    expect([stream.channels.value, stream.reader.state.value]).toEqual(before);
    expect(stream.channels.value).toBe(before[0]);
  });

  it("watches a channel once", () => {
    const { stream, wire } = setUp();
    stream.attach(wire);
    stream.watch("prefix:a");
    stream.watch("prefix:a");
    expect(wire.subscriptions.length).toBe(1);
  });

  it("shows a refusal where the channel stands and in the log, and may try again", () => {
    const { stream, wire } = setUp();
    stream.attach(wire);
    stream.watch("prefix:a");
    const [first] = wire.subscriptions;
    first?.emit("error", new KeywireError("forbidden", "prefix:a: not allowed", "prefix:a"));
    first?.turn("refused", "not allowed");
    expect(stream.channels.value).toEqual([
      { name: "prefix:a", state: "refused", fault: "Not allowed." },
    ]);
    expect(stream.log.at(0)).toMatchObject({
      kind: "notice",
      notice: { level: "error", code: "forbidden", channel: "prefix:a" },
    });
    stream.watch("prefix:a");
    expect(states(stream)).toEqual([["prefix:a", "pending"]]);
    expect(wire.subscriptions.length).toBe(2);
  });

  it("closes what is no longer watched, and hears no more of it", () => {
    const { stream, wire } = setUp();
    stream.attach(wire);
    stream.watch("prefix:a");
    stream.unwatch("prefix:a");
    expect(wire.subscriptions[0]?.state).toBe("closed");
    expect(states(stream)).toEqual([]);
  });

  it("keeps what is watched and seen over to another connection", () => {
    const { stream, wire } = setUp();
    stream.attach(wire);
    stream.watch("prefix:a");
    wire.subscriptions[0]?.turn("live");
    wire.subscriptions[0]?.emit("event", event(1));
    stream.detach();
    wire.subscriptions[0]?.turn("closed");
    expect(states(stream)).toEqual([["prefix:a", "pending"]]);
    const second = new FakeWire();
    stream.attach(second);
    expect(second.subscriptions.map(({ channel }) => channel)).toEqual(["prefix:a"]);
    expect(stream.log.received).toBe(1);
  });

  it("says in the list that another connection does not bring what came between", () => {
    const { stream, wire } = setUp();
    stream.watch("prefix:a");
    stream.attach(wire);
    wire.subscriptions[0]?.turn("live");
    stream.detach();
    expect(stream.log.kept).toBe(0);
    stream.attach(new FakeWire());
    expect(stream.log.at(0)).toMatchObject({ kind: "notice", notice: { code: "anew" } });
    stream.detach();
    stream.attach(new FakeWire());
    expect(stream.log.kept).toBe(1);
  });

  it("forgets everything for another reader", () => {
    const { stream, wire } = setUp();
    stream.attach(wire);
    stream.watch("prefix:a");
    wire.subscriptions[0]?.emit("event", event(1));
    stream.setFilter(new Set(["del"]));
    stream.reader.pause();
    stream.reset();
    expect([states(stream), stream.log.kept, stream.log.filter.size]).toEqual([[], 0, 0]);
    expect(stream.reader.state.value).toBe("live");
  });
});
