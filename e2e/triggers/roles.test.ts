import { afterAll, expect, it } from "vitest";
import { failOver, releaseAll, startGateway, startPair, waitFor } from "../support/index.js";
import { Libraries, library } from "./admin.js";

afterAll(releaseAll);

it("asks a primary that was made a replica under its open connections for nothing any more", async () => {
  const [first, second] = await startPair();
  const libraries = new Libraries(await startGateway({ redis: first.url }));
  await libraries.load(
    library("roles", 'redis.registerFunction("read", (client, key) => client.call("get", key));'),
  );
  const callers = async () =>
    String(await first.client.call("CLIENT", "LIST")).split("name=keywire-triggers").length - 1;
  // One for the gateway, and one of the library's worker.
  await waitFor(
    async () => {
      await libraries.call("roles.read", ["a"]);
      return (await callers()) === 2;
    },
    { what: "two connections for libraries" },
  );
  await failOver(first, second);
  await second.client.set("a", "new");
  // Reading alone would go on there: a replica answers, and may be behind.
  await waitFor(async () => (await callers()) === 0, { what: "no connection for libraries" });
  expect(await libraries.call("roles.read", ["a"])).toBe("new");
});
