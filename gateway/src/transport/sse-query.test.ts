import type { SubscribeMessage } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { placeOf } from "./cursor.js";
import { readSseQuery } from "./sse-query.js";

/** Takes any JSON for a subscribe message: what one is, is not decided here. */
const parse = (text: string) => JSON.parse(text) as SubscribeMessage;
const read = (query: string, lastEventId?: string) =>
  readSseQuery(new URLSearchParams(query), lastEventId, parse);

describe("a stream's query", () => {
  it("names channels, with options that hold for all of them", () => {
    const query =
      "channel=prefix:order:&channel=key:a%26b&events=set,del&value=true&snapshot=10&fields=false";
    const options = { events: ["set", "del"], value: true, snapshot: 10, fields: false };
    expect(read(query)).toEqual([
      { type: "subscribe", channel: "prefix:order:", ...options },
      { type: "subscribe", channel: "key:a&b", ...options },
    ]);
  });

  it("names channels with options of their own", () => {
    const one = { type: "subscribe", id: 3, channel: "key:a", events: ["set"] };
    const query = new URLSearchParams([
      ["subscribe", JSON.stringify(one)],
      ["channel", "key:b"],
    ]);
    expect(read(query.toString())).toEqual([{ type: "subscribe", channel: "key:b" }, one]);
  });

  it.each([
    ["", "names no channel"],
    ["events=set", "names no channel"],
    ["channel=key:a&value=yes", "value="],
    ["channel=key:a&fields=name,age", "subscribe="],
    ["channel=key:a&snapshot=many", "snapshot="],
    ["channel=key:a&snapshot=-1", "snapshot="],
    ["channel=key:a&channel=key:a", "twice"],
    // Each of these would be a stream on which events are missing, and nobody is told.
    ["channel=key:a&events=set&events=del", "one events="],
    ["channel=key:a&events=", "events="],
    ["channel=key:a&events=set,,del", "events="],
  ])("%s is refused: %s", (query, part) => {
    expect(() => read(query)).toThrow(
      expect.objectContaining({ code: "bad_request", message: expect.stringContaining(part) }),
    );
  });

  it("goes on where the last event was, in channels that were there", () => {
    const id = [placeOf("key:a", "e1", 5), placeOf("key:b", "e2", 6)].join(",");
    const since = { epoch: "e0", offset: 1 };
    const own = JSON.stringify({ type: "subscribe", channel: "key:b", since });
    const query = new URLSearchParams([
      ["channel", "key:a"],
      ["channel", "key:new"],
      ["subscribe", own],
    ]);
    expect(read(query.toString(), id)).toMatchObject([
      { channel: "key:a", since: { epoch: "e1", offset: 5 } },
      { channel: "key:new" },
      // What a message says itself is newer than what a browser remembers.
      { channel: "key:b", since },
    ]);
    expect(read("channel=key:new", id)[0]).not.toHaveProperty("since");
    expect(read("channel=key:a", "")[0]).not.toHaveProperty("since");
  });
});
