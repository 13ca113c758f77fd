import { afterEach, expect, it, vi } from "vitest";
import { Intake } from "./intake.js";

afterEach(() => vi.restoreAllMocks());

it("stands still while as many as may be wait for Redis", async () => {
  const turn = setImmediate;
  const looks = vi.spyOn(globalThis, "setImmediate");
  const intake = new Intake();
  let begun = 0;
  const begin = () => {
    begun++;
    intake.begun();
  };
  const turns = async (count: number) => {
    for (let i = 0; i < count; i++) await new Promise((resolve) => turn(resolve));
  };
  intake.add(Array.from({ length: 2_000 }, () => begin).values());
  await turns(10);
  expect(begun).toBe(1_024);
  looks.mockClear();
  await turns(100);
  expect(looks).not.toHaveBeenCalled();
  intake.ended();
  await turns(1);
  expect(begun).toBe(1_025);
});
