import { expect, it } from "vitest";
import { Batch, type BatchEncoder } from "./batch.js";

it("is encoded once for each kind of connection, however many there are", () => {
  const entry = { type: "event", offset: 1, text: "{}", bytes: 2, from: 0, to: 0 } as const;
  const batch = Batch.of("key:k", "e", [entry, { ...entry, offset: 2 }]);
  const calls: string[] = [];
  const encoders: BatchEncoder[] = ["a", "b", "c"].map((name) => ({
    encode: ({ text }) => {
      calls.push(name);
      return Buffer.from(`${name} ${text}`);
    },
  }));
  const encoded = () => encoders.map((encoder) => String(batch.encoded(encoder)));
  expect(encoded()).toEqual(["a {}\n{}", "b {}\n{}", "c {}\n{}"]);
  expect(encoded()).toEqual(["a {}\n{}", "b {}\n{}", "c {}\n{}"]);
  expect(calls).toEqual(["a", "b", "c"]);
});
