import { expect, it } from "vitest";
import { NowAndThen } from "./now-and-then.js";

it("says the same once a minute, and another trouble at once", () => {
  const lines: string[] = [];
  let now = 0;
  const troubles = new NowAndThen(() => now);
  const happens = (what: string) =>
    troubles.tell(what, ({ unsaid }) =>
      lines.push(`${now / 1_000} ${what} ${unsaid ?? ""}`.trim()),
    );
  for (; now < 100_000; now += 250) happens(now < 80_000 ? `slot ${now}` : "LOADING");
  expect(lines).toEqual(["0 slot 0", "60 slot 60000 239", "80 LOADING"]);
});
