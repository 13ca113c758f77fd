import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Reply, ReplyError } from "../ports.js";
import { encodeReply } from "../testing/fake-redis.js";
import { encode, RespDecoder } from "./resp.js";

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const line = fc.string({ unit: fc.constantFrom("a", " ", "é", "$", "*"), maxLength: 8 });
const reply: fc.Arbitrary<Reply> = fc.letrec<{ reply: Reply }>((tie) => ({
  reply: fc.oneof(
    { maxDepth: 3 },
    bytes,
    line,
    fc.integer(),
    fc.constant(null),
    line.map((text) => new ReplyError(`ERR ${text}`)),
    fc.array(tie("reply"), { maxLength: 4 }),
  ),
})).reply;

describe("RESP", () => {
  it("is read the same however the network cuts it", () => {
    const cuts = fc.array(fc.nat(20), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.array(reply, { maxLength: 5 }), cuts, (replies, sizes) => {
        const wire = Buffer.from(replies.map(encodeReply).join(""), "latin1");
        const decoder = new RespDecoder();
        const read: Reply[] = [];
        for (let at = 0, cut = 0; at < wire.length; cut++) {
          const size = 1 + (sizes[cut % sizes.length] ?? 0);
          decoder.push(wire.subarray(at, at + size), (one) => read.push(one));
          at += size;
        }
        expect(read).toEqual(replies);
      }),
    );
  });

  it("of any size is read in about as much time as it takes to copy it", () => {
    const members = Array.from({ length: 300_000 }, (_, index) => Buffer.from(`member ${index}`));
    const body = Buffer.alloc(64 * 1_024 * 1_024, "x");
    const wire = Buffer.from(encodeReply([members, body]), "latin1");
    const decoder = new RespDecoder();
    const read: Reply[] = [];
    const begun = performance.now();
    for (let at = 0; at < wire.length; at += 16_384) {
      decoder.push(wire.subarray(at, at + 16_384), (one) => read.push(one));
    }
    // Reading anew what was read before, for each of the chunks, takes minutes.
    expect(performance.now() - begun).toBeLessThan(5_000);
    const [reply] = read as [readonly [readonly Buffer[], Buffer]];
    expect([reply[0].length, reply[1].length]).toEqual([members.length, body.length]);
    expect(reply[0].at(-1)).toEqual(members.at(-1));
  });

  it("commands are written with the lengths of bytes, not of characters", () => {
    const key = Buffer.from([0xff, 0x0d, 0x0a]);
    expect(Buffer.from(encode([["GET", key], ["PING"]]), "latin1")).toEqual(
      Buffer.concat([
        Buffer.from("*2\r\n$3\r\nGET\r\n$3\r\n"),
        key,
        Buffer.from("\r\n*1\r\n$4\r\nPING\r\n"),
      ]),
    );
  });

  it.each(["HTTP/1.1 400\r\n", "*x\r\n", "$-2\r\n", `${"*1\r\n".repeat(40)}:1\r\n`])(
    "refuses %j",
    (wire) => {
      const push = () => new RespDecoder().push(Buffer.from(wire), () => {});
      expect(push).toThrow();
    },
  );
});
