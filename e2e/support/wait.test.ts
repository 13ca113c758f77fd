import { describe, expect, it } from "vitest";
import { collect } from "./collect.js";
import { waitFor } from "./wait.js";

describe("waitFor", () => {
  it("gives what the condition gave, once it is truthy", async () => {
    let looks = 0;
    expect(await waitFor(() => (++looks === 3 ? "third" : undefined), { what: "it" })).toBe(
      "third",
    );
  });

  it("says at the deadline what was awaited and what was seen last", async () => {
    const waiting = waitFor(() => 0, { what: "a number of events", deadline: 30 });
    await expect(waiting).rejects.toThrow(
      "waited for a number of events, 30 ms in vain; last seen: 0",
    );
  });

  it("takes an error for not yet, and names the last one", async () => {
    const waiting = waitFor(() => Promise.reject(new Error("refused")), {
      what: "a connection",
      deadline: 30,
    });
    await expect(waiting).rejects.toThrow("last seen: thrown Error: refused");
  });

  it("keeps its deadline when the condition hangs", async () => {
    const waiting = waitFor(() => new Promise(() => {}), { what: "an answer", deadline: 30 });
    await expect(waiting).rejects.toThrow("waited for an answer");
  });
});

describe("collect", () => {
  it("waits for what comes later", async () => {
    const numbers = collect<number>();
    setImmediate(() => [1, 2, 3].forEach(numbers.add));
    expect(await numbers.atLeast(2)).toEqual([1, 2]);
    expect(await numbers.first((n) => n > 2)).toBe(3);
  });
});
