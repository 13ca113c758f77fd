import { type EventMessage, parseChannel } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { channelOfKey } from "./key-channel.js";

const message: EventMessage = {
  type: "event",
  channel: "prefix:",
  offset: 1,
  event: "set",
  key: "a:@b",
  db: 0,
  time: 0,
};

describe("channelOfKey", () => {
  it("names a key, in its database", () => {
    expect(channelOfKey(message)).toBe("key:a:@b");
    expect(channelOfKey({ ...message, db: 3 })).toBe("key@3:a:@b");
  });

  it("names a key that is not text by its bytes", () => {
    const channel = channelOfKey({ ...message, key: null, key_raw: "//8=" });
    expect(channel).toBe("rawkey:__8");
    expect(parseChannel(channel ?? "")).toMatchObject({
      kind: "key",
      bytes: Uint8Array.of(255, 255),
    });
  });

  it("names none where there are no bytes", () => {
    expect(channelOfKey({ ...message, key: null })).toBeNull();
  });
});
