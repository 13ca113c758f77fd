import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { itemsOf, ReplyScanner } from "./reply-scanner.js";

/** Whole RESP3 replies of every type, as latin1. */
const reply: fc.Arbitrary<string> = fc.letrec<{ reply: string }>((tie) => {
  const line = fc.string({ maxLength: 8 }).map((text) => text.replace(/[\r\n]/g, " "));
  const text = fc
    .array(fc.integer({ min: 0, max: 255 }), { maxLength: 12 })
    .map((bytes) => String.fromCharCode(...bytes));
  const list = fc.array(tie("reply"), { maxLength: 4 });
  const pairs = fc.array(fc.tuple(tie("reply"), tie("reply")), { maxLength: 3 });
  const bulk = (type: string) => text.map((value) => `${type}${value.length}\r\n${value}\r\n`);
  return {
    reply: fc.oneof(
      { depthSize: "small" },
      fc
        .tuple(fc.constantFrom("+", "-", ":", ",", "(", "#"), line)
        .map((parts) => `${parts.join("")}\r\n`),
      fc.constantFrom("_\r\n", "$-1\r\n", "*-1\r\n"),
      bulk("$"),
      bulk("="),
      bulk("!"),
      fc
        .tuple(fc.constantFrom("*", "~", ">"), list)
        .map(([type, items]) => `${type}${items.length}\r\n${items.join("")}`),
      pairs.map((items) => `%${items.length}\r\n${items.flat().join("")}`),
      fc
        .tuple(pairs, tie("reply"))
        .map(([items, about]) => `|${items.length}\r\n${items.flat().join("")}${about}`),
    ),
  };
}).reply;

describe("replies", () => {
  it("are cut where they end, in whatever pieces they come", () => {
    fc.assert(
      fc.property(
        fc.array(reply, { minLength: 1, maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 10 }),
        (replies, sizes) => {
          const bytes = Buffer.from(replies.join(""), "latin1");
          const scanner = new ReplyScanner();
          const cut: string[] = [];
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = sizes[i % sizes.length] ?? 1;
            // A copy of its own, as sockets give them.
            scanner.push(Buffer.from(bytes.subarray(at, at + size)), (one) =>
              cut.push(one.toString("latin1")),
            );
            at += size;
          }
          expect(cut).toEqual(replies);
        },
      ),
    );
  });

  it("are given as soon as they are whole", () => {
    const scanner = new ReplyScanner();
    const given: string[] = [];
    const push = (text: string) =>
      scanner.push(Buffer.from(text), (one) => given.push(String(one)));
    push("*2\r\n:1\r");
    push("\n$3\r\nabc\r");
    expect(given).toEqual([]);
    push("\n+OK\r\n");
    expect(given).toEqual(["*2\r\n:1\r\n$3\r\nabc\r\n", "+OK\r\n"]);
  });

  it("in a list are told apart", () => {
    fc.assert(
      fc.property(fc.array(reply, { maxLength: 5 }), (items) => {
        const list = Buffer.from(`*${items.length}\r\n${items.join("")}`, "latin1");
        expect(itemsOf(list).map((item) => item.toString("latin1"))).toEqual(items);
      }),
    );
  });

  it.each(["x\r\n", "$abc\r\n", "*-5\r\n", "$99999999999999999999\r\n"])(
    "are none where the bytes are no RESP3: %j",
    (text) => {
      expect(() => new ReplyScanner().push(Buffer.from(text), () => {})).toThrow();
    },
  );
});
