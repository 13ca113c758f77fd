import { parseChannel } from "@keywire/shared";
import { expect, it } from "vitest";
import { Need } from "./need.js";
import { setup } from "./testing/stage.js";

/** A listener that counts how often it was told to look ahead. */
function listener() {
  const one = {
    looks: 0,
    lookAhead: () => {
      one.looks += 1;
      return one.looks;
    },
    notification: () => {},
    gap: () => {},
  };
  return one;
}

it("has its listener look ahead where that is one alone, and it is served", () => {
  const need = new Need(parseChannel("key:a"));
  const [one, other] = [listener(), listener()];
  need.listen(one);
  need.lookAhead();
  expect(one.looks).toBe(0);
  const { plan, coverage, acknowledgeAll } = setup();
  coverage.apply(plan.add(need));
  acknowledgeAll();
  need.lookAhead();
  expect(one.looks).toBe(1);
  need.listen(other);
  need.lookAhead();
  expect([one.looks, other.looks]).toEqual([1, 0]);
});
