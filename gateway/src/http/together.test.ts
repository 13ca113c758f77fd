import { expect, it } from "vitest";
import { together } from "./together.js";

it("many who ask at once are answered once, and none with what is older than the question", async () => {
  let asked = 0;
  let answer: () => void = () => {};
  const ask = together(async () => {
    asked += 1;
    const at = asked;
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return at;
  });
  const until = async (count: number) => {
    while (asked < count) await new Promise(setImmediate);
  };
  const first = [ask(), ask(), ask()];
  await until(1);
  const second = [ask(), ask()];
  answer();
  expect(await Promise.all(first)).toEqual([1, 1, 1]);
  await until(2);
  answer();
  expect(await Promise.all(second)).toEqual([2, 2]);
});

it("a question that fails is asked again", async () => {
  let asked = 0;
  const ask = together(async () => {
    asked += 1;
    if (asked === 1) throw new Error("not now");
    return "fine";
  });
  await expect(ask()).rejects.toThrow("not now");
  expect(await ask()).toBe("fine");
});
