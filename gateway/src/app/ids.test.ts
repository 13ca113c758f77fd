import { expect, it } from "vitest";
import { randomIds } from "./ids.js";

it("makes ids of twelve safe characters that never repeat, however many are drawn together", () => {
  const [newId, another] = [randomIds(), randomIds()];
  const ids = Array.from({ length: 2_000 }, () => [newId(), another()]).flat();
  expect(new Set(ids).size).toBe(4_000);
  for (const id of ids) expect(id).toMatch(/^[\w-]{12}$/);
});
