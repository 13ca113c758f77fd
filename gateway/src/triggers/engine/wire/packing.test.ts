import fc from "fast-check";
import { expect, it } from "vitest";
import { EventReader, packCommand, packEvents, packedLength, unpackCommand } from "./packing.js";

const number = fc.nat(2 ** 32 - 1);
const bytes = fc.uint8Array({ maxLength: 40 });

it("events come out as they were put in, in their order", () => {
  const event = fc.record({
    job: number,
    index: number,
    db: number,
    event: fc.string({ unit: "grapheme" }),
    key: bytes,
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 10 }), (events) => {
      const reader = new EventReader(packEvents(events));
      expect(
        events
          .map(() => reader.next())
          .map(({ key, ...rest }) => ({ ...rest, key: new Uint8Array(key) })),
      ).toEqual(events);
    }),
  );
});

const command = fc.record({
  consumer: number,
  db: number,
  access: fc.constantFrom("read", "write"),
  node: fc.option(fc.string({ minLength: 1 })),
  words: fc.array(fc.oneof(bytes, fc.string({ unit: "grapheme" })), { maxLength: 8 }),
});

it("commands come out as they were put in", () => {
  fc.assert(
    fc.property(command, fc.nat(10), (command, more) => {
      const room = Buffer.from(new SharedArrayBuffer(packedLength(command) + more));
      packCommand(command, room);
      const { words, ...rest } = unpackCommand(room);
      const { words: put, ...others } = command;
      expect(rest).toEqual(others);
      expect(words.map((word) => Buffer.from(word).toString("hex"))).toEqual(
        put.map((word) => Buffer.from(word as string).toString("hex")),
      );
    }),
  );
});

it("a command that claims more than there is, is none", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        const { words } = unpackCommand(bytes);
        const size = words.map(({ length }) => length).reduce((sum, length) => sum + length, 0);
        expect(size <= bytes.length).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
});
