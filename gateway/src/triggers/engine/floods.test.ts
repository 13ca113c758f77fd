import { afterEach, expect, it, vi } from "vitest";
import { ASYNC, closeAll, event, load } from "./testing/bench.js";
import { worstLag } from "./testing/heartbeat.js";

// What asynchronous commands, which nobody has to wait for, do to others.

const MB = 1_024 * 1_024;
/** Commands that are begun in one turn of the event loop, and that are under way at a time. */
const [SLICE, UNDER_WAY] = [256, 1_024];
const MANY = 5_000;

vi.setConfig({ testTimeout: 60_000 });
afterEach(closeAll);

it("are begun a slice at a time, and so many at once, in their order", async () => {
  const answers: (() => void)[] = [];
  let [turn, most] = [0, 0];
  const bench = await load(
    `redis.registerKeySpaceTrigger("t", "", (client) => {
  for (let i = 0; i < ${MANY}; i++) client.callAsync("incr", String(i));
});
redis.registerFunction("last", (client) => client.call("get", "n"));`,
    {
      limits: { runningTime: 10_000 },
      answers([name]) {
        if (name === "get") return "+last\r\n";
        most = Math.max(most, ++turn);
        setImmediate(() => {
          turn = 0;
        });
        return new Promise((resolve) => answers.push(() => resolve(":1\r\n")));
      },
    },
  );
  const { library, executed } = bench;
  await library.fire("t", event("a"));
  await vi.waitFor(() => expect(executed).toHaveLength(UNDER_WAY), 10_000);
  const last = library.call("last", [], [], ASYNC);
  while (executed.length < MANY) {
    expect(answers.length).toBeLessThanOrEqual(UNDER_WAY);
    for (const answer of answers.splice(0)) answer();
    await new Promise(setImmediate);
  }
  expect(await last).toBe("last");
  expect(most).toBeLessThanOrEqual(SLICE);
  expect(executed).toEqual([
    ...Array.from({ length: MANY }, (_, index) => `0 t incr ${index}`),
    "0 last get n",
  ]);
});

it("are answered with no more than the answer, which came together with much else", async () => {
  const together = Buffer.alloc(16 * MB, "+OK\r\n");
  const { library } = await load(
    `redis.registerAsyncFunction("f", async (client) => {
  const all = client.block((c) => Array.from({ length: 300 }, () => c.callAsync("ping")));
  return (await Promise.all(all)).every((answer) => answer === "OK");
});`,
    { answers: () => together.subarray(5, 10) },
  );
  const lag = await worstLag(async () => {
    expect(await library.call("f", [], [], ASYNC)).toBe(true);
  });
  expect(lag).toBeLessThan(50);
});

it("are answered with an error where the library does not take what it asked for", async () => {
  const large = Buffer.from(`$${MB}\r\n${"x".repeat(MB)}\r\n`);
  const { library } = await load(
    `redis.registerAsyncFunction("f", async (client) => {
  const first = client.block((c) => c.callAsync("ping"));
  const all = client.block((c) => Array.from({ length: 100 }, () =>
    c.callAsync("get", "k").then(() => "taken", (error) => error.message)));
  await first;
  for (const until = Date.now() + 300; Date.now() < until;);
  return Promise.all(all);
});`,
    {
      answers: ([name]) => (name === "get" ? large : "+PONG\r\n"),
      limits: { memory: 32 * MB },
    },
  );
  const outcomes = (await library.call("f", [], [], ASYNC)) as string[];
  const taken = outcomes.filter((outcome) => outcome === "taken").length;
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThanOrEqual(32);
  expect(outcomes.at(-1)).toMatch(/the replies that wait for the library have more than \d+ bytes/);
});

it("that are sent on and on are refused where they fill its memory", async () => {
  const { library } = await load(
    `const text = "x".repeat(${MB});
redis.registerFunction("f", (client) => {
  try {
    for (let i = 0; i < 100; i++) client.callAsync("set", "k", text);
  } catch (error) {
    return error.message;
  }
});`,
    { answers: () => new Promise(() => {}), limits: { memory: 8 * MB, runningTime: 5_000 } },
  );
  expect(await library.call("f", [], [], ASYNC)).toMatch(
    /the asynchronous commands under way have more than \d+ bytes; wait for some/,
  );
});
