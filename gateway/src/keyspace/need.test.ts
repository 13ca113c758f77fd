import { parseChannel } from "@keywire/shared";
import { expect, it } from "vitest";
import { Need } from "./need.js";
import { setup } from "./testing/stage.js";

const listener = () => ({ notification: () => {}, gap: () => {} });

it("names its listener where that is one alone, and it is served", () => {
  const need = new Need(parseChannel("key:a"));
  const [one, other] = [listener(), listener()];
  need.listen(one);
  expect(need.soleListener).toBeUndefined();
  const { plan, coverage, acknowledgeAll } = setup();
  coverage.apply(plan.add(need));
  acknowledgeAll();
  expect(need.soleListener).toBe(one);
  need.listen(other);
  expect(need.soleListener).toBeUndefined();
});
