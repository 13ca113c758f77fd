import { expect, it } from "vitest";
import { Pace } from "./pace.js";
import { readAmqp } from "./state.js";

const sinks = (published: number) =>
  readAmqp({ gateways: [{ gateway: "g", counts: { published } }] }).sinks;

it("makes a rate of what was read over the last seconds", () => {
  const pace = new Pace();
  pace.take(sinks(100), 1_000);
  expect(pace.of("g", "published")).toBe(null);
  pace.take(sinks(300), 2_000);
  expect(pace.of("g", "published")).toBe(200);
  pace.take(sinks(300), 7_500);
  expect(pace.of("g", "published")).toBe(null);
  pace.take(sinks(0), 8_500);
  expect(pace.of("g", "published")).toBe(0);
  expect(pace.of("other", "published")).toBe(null);
});

it("reads a forwarder that is off, and refuses what is none", () => {
  expect(readAmqp({ state: "off" })).toMatchObject({ isOff: true, sinks: [] });
  expect(() => readAmqp({ nodes: [] })).toThrow("not the state of its AMQP forwarder");
});
