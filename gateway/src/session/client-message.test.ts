import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseClientMessage } from "./client-message.js";

const parse = (message: object) => parseClientMessage(JSON.stringify(message));

describe("a client's message", () => {
  it.each([
    { type: "ping" },
    { type: "auth", token: "" },
    { type: "subscribe", channel: "key:a" },
    { type: "subscribe", id: 0, channel: "" },
    { type: "subscribe", id: "x".repeat(128), channel: "key:a" },
    { type: "unsubscribe", id: -1.5, channel: "key:a" },
    { type: "subscribe", id: 1, channel: "key:a", events: [], value: false },
    { type: "subscribe", channel: "key:a", snapshot: 0, since: { epoch: "e", offset: 0 } },
    { type: "subscribe", channel: "key:a", fields: ["f"] },
  ])("is read: %j", (message) => {
    expect(parse(message)).toEqual(message);
    expect(parse({ ...message, more: 1, ["__proto__"]: {} })).toEqual(message);
  });

  it.each<readonly [object, string]>([
    [{ type: "auth" }, `"token" is missing, and takes the text of a JWT`],
    [{ type: "auth", token: null }, `"token" is null, and takes the text of a JWT`],
    [{ type: "unsubscribe" }, `"channel" is missing, and takes text`],
    [{ type: "subscribe", channel: ["key:a"] }, `"channel" is ["key:a"], and takes text`],
    [{ type: "subscribe", channel: "", events: null }, `"events" is null, and takes a list`],
    [{ type: "subscribe", channel: "", value: null }, `"value" is null, and takes true or false`],
    [{ type: "subscribe", channel: "", snapshot: null }, `"snapshot" is null, and takes how many`],
    [{ type: "subscribe", channel: "", fields: null }, `"fields" is null, and takes true, false`],
    [{ type: "subscribe", channel: "", since: null }, `"since" is null, and takes a place`],
  ])("is refused: %j", (message, sentence) => {
    expect(() => parse(message)).toThrow(sentence);
  });

  it("has an id that is a number, or text of up to 128 characters", () => {
    const others = fc.oneof(
      fc.constantFrom(null, true, "x".repeat(129), [], [1], {}),
      fc.jsonValue().filter((id) => typeof id === "object"),
    );
    fc.assert(
      fc.property(others, fc.constantFrom("subscribe", "unsubscribe"), (id, type) => {
        expect(() => parse({ type, id, channel: "key:a" })).toThrow(
          /"id" is .*, and takes a number, or text of up to 128 characters$/,
        );
      }),
    );
    expect(() => parseClientMessage('{"type":"subscribe","id":1e999,"channel":""}')).toThrow(
      /"id"/,
    );
  });
});
