import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { alone } from "./lock.mjs";
import { ROOT } from "./root.mjs";

const NAME = `test-${process.pid}`;
const LOCK = join(ROOT, `.keywire-${NAME}.lock`);

it("lets one in at a time, and leaves no lock", async () => {
  let inside = 0;
  const visit = () =>
    alone(NAME, async () => {
      inside += 1;
      expect(inside).toBe(1);
      expect(existsSync(LOCK)).toBe(true);
      await new Promise(setImmediate);
      inside -= 1;
    });
  await Promise.all([visit(), visit(), visit()]);
  expect(existsSync(LOCK)).toBe(false);
});

it("leaves no lock after a failure either", async () => {
  await expect(alone(NAME, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(existsSync(LOCK)).toBe(false);
});

it("takes over from a holder that is dead", async () => {
  // Above what systems give out, so nobody's.
  writeFileSync(LOCK, "99999999");
  expect(await alone(NAME, async () => "in")).toBe("in");
});
