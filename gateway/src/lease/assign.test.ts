import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assign } from "./assign.js";
import { PARTS } from "./ports.js";

const ids = ["a", "b", "c", "d", "e", "f", "g"];
const gateways = fc.subarray(ids, { minLength: 1 });
const holders = fc.array(fc.option(fc.constantFrom(...ids), { nil: undefined }), {
  minLength: PARTS,
  maxLength: PARTS,
});

const count = (parts: readonly (string | undefined)[], id: string) =>
  parts.filter((holder) => holder === id).length;

describe("assign", () => {
  it("gives each as many as any other, but for one, and all to those that are there", () => {
    fc.assert(
      fc.property(gateways, holders, (gateways, holders) => {
        const parts = assign(gateways, holders);
        const counts = gateways.map((id) => count(parts, id));
        expect(counts.reduce((sum, one) => sum + one)).toBe(PARTS);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("moves only what is too much for its holder, or nobody's", () => {
    fc.assert(
      fc.property(gateways, holders, (gateways, holders) => {
        const parts = assign(gateways, holders);
        for (const id of gateways) {
          const kept = parts.filter((owner, part) => owner === id && holders[part] === id).length;
          expect(kept).toBe(Math.min(count(holders, id), count(parts, id)));
        }
        expect(assign(gateways, parts)).toEqual(parts);
      }),
    );
  });

  it("says the same whatever the order in which gateways are named", () => {
    fc.assert(
      fc.property(gateways, holders, (gateways, holders) => {
        expect(assign([...gateways].reverse(), holders)).toEqual(assign(gateways, holders));
      }),
    );
  });
});
