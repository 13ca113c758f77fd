import fc from "fast-check";
import { expect, it } from "vitest";
import { Blocks, type Region } from "./blocks.js";

interface Taken {
  readonly region: Region;
  readonly at: number;
  readonly mark: number;
}

it("gives each block to one holder alone, and takes memory again that came back", () => {
  const takes = fc.record({ bytes: fc.integer({ min: 1, max: 400_000 }) });
  const gives = fc.record({ give: fc.nat() });
  fc.assert(
    fc.property(fc.array(fc.oneof(takes, gives), { maxLength: 200 }), (script) => {
      const blocks = new Blocks();
      const held: Taken[] = [];
      for (const [mark, step] of script.entries()) {
        if ("bytes" in step) {
          const { region, at } = blocks.take(Blocks.sizeFor(step.bytes));
          expect(region.size).toBeGreaterThanOrEqual(step.bytes);
          expect(at + region.size).toBeLessThanOrEqual(region.bytes.length);
          region.bytes.fill(mark % 256, at, at + region.size);
          held.push({ region, at, mark: mark % 256 });
        } else {
          const [given] = held.splice(step.give % Math.max(1, held.length), 1);
          if (given !== undefined) blocks.give(given.region, given.at);
        }
      }
      expect(blocks.bytes).toBe(held.reduce((sum, { region }) => sum + region.size, 0));
      for (const { region, at, mark } of held) {
        const [first, last] = [region.bytes[at], region.bytes[at + region.size - 1]];
        expect([first, last]).toEqual([mark, mark]);
      }
    }),
  );
});

it("takes no new memory for blocks of another size where all of one are given back", () => {
  const blocks = new Blocks();
  const small = Array.from({ length: 10_000 }, () => blocks.take(128));
  const memory = new Set(small.map(({ region }) => region.memory));
  for (const { region, at } of small) blocks.give(region, at);
  const large = Array.from({ length: 1_000 }, () => blocks.take(1_024));
  for (const { region } of large) expect(memory.has(region.memory)).toBe(true);
  expect(blocks.bytes).toBe(1_000 * 1_024);
});

it("leaves memory of large blocks to the collector, which knows how much it is", async () => {
  const blocks = new Blocks();
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let round = 0; round < 1_000; round++) {
    const { region, at } = blocks.take(1_024 * 1_024);
    blocks.give(region, at);
    if (round % 10 === 0) await new Promise(setImmediate);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(most).toBeLessThan(500_000_000);
});
