import { describe, expect, it } from "vitest";
import { eventKind } from "./event-kind.js";

describe("eventKind", () => {
  it.each(["set", "hset", "lpush", "incrby", "xadd", "rename_to", "new", "json.set"])(
    "%s writes",
    (event) => {
      expect(eventKind(event)).toBe("write");
    },
  );

  it.each([
    ...["del", "expired", "evicted", "hdel", "hexpired", "lpop", "srem", "zrem"],
    ...["zremrangebyscore", "ltrim", "xtrim", "xdel", "rename_from", "move_from", "json.del"],
  ])("%s removes", (event) => {
    expect(eventKind(event)).toBe("removal");
  });

  it.each(["expire", "persist", "hexpire", "hpersist"])("%s changes a lifetime", (event) => {
    expect(eventKind(event)).toBe("lifetime");
  });
});
