import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RadixTree } from "./radix.js";

const word = fc.string({ unit: fc.constantFrom("a", "b", ":"), maxLength: 8 });

function matches<T>(tree: RadixTree<T>, key: string): T[] {
  const found: T[] = [];
  tree.match(key, (value) => found.push(value));
  return found;
}

describe("RadixTree", () => {
  it("finds what a scan over all prefixes finds, through any adding and removing", () => {
    const step = fc.record({ add: fc.boolean(), prefix: word, value: fc.nat({ max: 3 }) });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.array(word, { maxLength: 20 }),
        (steps, keys) => {
          const tree = new RadixTree<number>();
          const model = new Map<string, Set<number>>();
          for (const { add, prefix, value } of steps) {
            const values = model.get(prefix) ?? new Set();
            model.set(prefix, values);
            if (add) {
              values.add(value);
              tree.add(prefix, value);
            } else {
              values.delete(value);
              tree.remove(prefix, value);
            }
          }
          for (const key of keys) {
            const expected = [...model]
              .filter(([prefix]) => key.startsWith(prefix))
              .flatMap(([, values]) => [...values]);
            expect(matches(tree, key).sort()).toEqual(expected.sort());
          }
        },
      ),
    );
  });

  it("is empty again when all is removed", () => {
    fc.assert(
      fc.property(fc.array(word), (prefixes) => {
        const tree = new RadixTree<number>();
        for (const prefix of prefixes) tree.add(prefix, 1);
        for (const prefix of prefixes) tree.remove(prefix, 1);
        expect(tree.isEmpty).toBe(true);
      }),
    );
  });

  it("calls for shorter prefixes first", () => {
    const tree = new RadixTree<string>();
    for (const prefix of ["order:4", "order:", "", "order:42", "user:"]) tree.add(prefix, prefix);
    expect(matches(tree, "order:42")).toEqual(["", "order:", "order:4", "order:42"]);
  });
});
