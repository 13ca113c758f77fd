import { randomFillSync } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { ByteMap, hashOf } from "./byte-map.js";

it("holds what a map by text would hold, wherever names stand", () => {
  const names = fc.oneof(
    fc.string({ unit: "binary-ascii", maxLength: 3 }),
    fc.constantFrom("__keyspace@0__:a", "__keyspace@0__:b", "a".repeat(300)),
    fc.nat(400).map((number) => `own:${number}`),
  );
  const steps = fc.array(fc.tuple(names, fc.constantFrom("set", "set", "delete")), {
    maxLength: 300,
  });
  fc.assert(
    fc.property(steps, (script) => {
      const map = new ByteMap<number>();
      const expected = new Map<string, number>();
      for (const [at, [name, step]] of script.entries()) {
        const bytes = Buffer.from(name, "latin1");
        if (step === "set") {
          map.set(bytes, at);
          expected.set(name, at);
        } else expect(map.delete(bytes)).toBe(expected.delete(name));
        expect(map.size).toBe(expected.size);
      }
      const spans = new Uint32Array(2 * script.length);
      let all = "";
      for (const [at, [name]] of script.entries()) {
        const around = Buffer.from(`<<${name}>>`, "latin1");
        expect(map.get(around, 2, 2 + name.length)).toBe(expected.get(name));
        spans.set([all.length, all.length + name.length], 2 * at);
        all += name;
      }
      const together = map.getAll(Buffer.from(all, "latin1"), spans, script.length);
      expect(together).toEqual(script.map(([name]) => expected.get(name)));
    }),
  );
});

it("does not grow by names that come and go", () => {
  const map = new ByteMap<number>();
  const name = (number: number) => Buffer.from(`__keyspace@0__:${number}`);
  for (let number = 0; number < 200_000; number++) {
    map.set(name(number), number);
    if (number >= 100) map.delete(name(number - 100));
  }
  expect(map.size).toBe(100);
  expect(map.get(name(199_950))).toBe(199_950);
  expect(map.memory).toBeLessThan(100_000);
});

it("has no names fall together because they do so with other secrets", () => {
  const newSecrets = () => randomFillSync(new Int32Array(256));
  const hashWith = (secrets: Int32Array, name: Buffer) => hashOf(secrets, name, 0, name.length);
  const others = Array.from({ length: 1_000 }, newSecrets);
  const secrets = newSecrets();
  const names = new Map<number, Buffer>();
  let pairs = 0;
  let again = 0;
  for (let number = 0; number < 200_000; number++) {
    const name = Buffer.from(`__keyspace@0__:${Math.imul(number, 2_654_435_761) >>> 0}`);
    const hash = hashWith(secrets, name);
    const other = names.get(hash);
    names.set(hash, name);
    if (other === undefined) continue;
    pairs += 1;
    again += others.filter((them) => hashWith(them, name) === hashWith(them, other)).length;
  }
  expect(pairs).toBeLessThan(50);
  expect(again).toBeLessThan(3);
});
