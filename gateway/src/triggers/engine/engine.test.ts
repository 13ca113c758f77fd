import { expect, it } from "vitest";
import { event, loadLibrary } from "./testing/bench.js";

it("fires", async () => {
  const { library, executed } = await loadLibrary(
    `
redis.registerKeySpaceTrigger("consumer", "user:", (client, data) => {
  if (client.call("type", data.key) !== "hash") return;
  client.call("hset", data.key, "n", client.call("time")[0], data.key_raw, 5n, data.event);
});`,
    {
      answers: ([name]) =>
        name === "type"
          ? "+hash\r\n"
          : name === "time"
            ? "*2\r\n$2\r\n17\r\n$1\r\n3\r\n"
            : ":1\r\n",
    },
  );
  expect(library.triggers).toMatchObject([{ name: "consumer" }]);
  await library.fire("consumer", event("user:1"));
  expect(executed).toEqual(["type user:1", "time", "hset user:1 n 17 user:1 5 set"]);
  await library.close();
});
