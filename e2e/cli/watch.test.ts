import { describe, expect, it } from "vitest";
import {
  mintToken,
  reservePort,
  startGateway,
  startRedis,
  TEST_SECRET,
  waitFor,
} from "../support/index.js";
import { begin, keywire } from "./keywire.js";

async function serve() {
  const redis = await startRedis();
  const gateway = await startGateway({ redis: redis.url });
  return { redis, gateway };
}

describe("keywire watch", () => {
  it("prints events with a token that keywire token made, until Ctrl-C", async () => {
    const { redis, gateway } = await serve();
    const token = await keywire(["token", "--sub", "alice", "--grant", "order:*"], {
      KEYWIRE_JWT_SECRET: TEST_SECRET,
    });
    const watch = begin(["watch", "prefix:order:"], {
      KEYWIRE_URL: gateway.url,
      KEYWIRE_TOKEN: token.stdout.trim(),
    });
    await watch.shows("watching prefix:order: as alice");
    // The welcome comes before the subscription: what is written too early is not seen.
    await waitFor(
      async () => {
        await redis.client.set("order:1", "x");
        return watch.stdout.includes("order:1");
      },
      { what: "an event to be printed" },
    );
    await redis.client.set("order:\u001b[2J", "x");
    await redis.client.set(Buffer.from("order:\xff", "latin1"), "x");
    await watch.shows("order:\\u001b[2J");
    await watch.shows(`base64:${Buffer.from("order:\xff", "latin1").toString("base64")}`);
    expect(watch.stdout).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}set {8}order:1$/m);
    watch.signal("SIGINT");
    expect((await watch.finished).code).toBe(0);
  });

  it("prints messages as JSON, filtered by event", async () => {
    const { redis, gateway } = await serve();
    const watch = begin(["watch", "key:a", "prefix:b:", "--events", "del", "--json"], {
      KEYWIRE_URL: `${gateway.url}/#token=${await mintToken()}`,
    });
    await watch.shows("watching key:a, prefix:b:");
    await waitFor(
      async () => {
        await redis.client.multi().set("a", "1").del("a").set("b:1", "1").del("b:1").exec();
        return watch.stdout.includes('"a"') && watch.stdout.includes('"b:1"');
      },
      { what: "both channels' events" },
    );
    watch.signal("SIGTERM");
    const { code, stdout } = await watch.finished;
    expect(code).toBe(0);
    const messages = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    for (const message of messages) expect(message).toMatchObject({ type: "event", event: "del" });
    expect(new Set(messages.map(({ channel }) => channel))).toEqual(
      new Set(["key:a", "prefix:b:"]),
    );
  });

  it("says why a channel is refused", async () => {
    const { gateway } = await serve();
    const token = await mintToken({ grants: [{ keys: "mine:*" }] });
    const env = { KEYWIRE_URL: gateway.url, KEYWIRE_TOKEN: token };
    const { code, stdout, stderr } = await keywire(["watch", "prefix:theirs:"], env);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^keywire: .*(grant|forbidden|allow)/im);
  });

  it("says so when the gateway cannot be reached, and goes on trying until it can", async () => {
    const { port } = await reservePort();
    const env = { KEYWIRE_URL: `http://127.0.0.1:${port}`, KEYWIRE_TOKEN: "x" };
    const watch = begin(["watch", "key:a"], env);
    await watch.shows("has not been reached yet");
    await watch.shows("ECONNREFUSED");
    await watch.shows("trying again");
    watch.signal("SIGINT");
    expect((await watch.finished).code).toBe(0);
  });

  it("ends when nobody reads it any more", async () => {
    const { redis, gateway } = await serve();
    const env = { KEYWIRE_URL: gateway.url, KEYWIRE_TOKEN: await mintToken() };
    const watch = begin(["watch", "prefix:"], env);
    await watch.shows("watching");
    watch.child.stdout?.destroy();
    let ended = false;
    void watch.finished.then(() => {
      ended = true;
    });
    await waitFor(
      async () => {
        await redis.client.set("k", "v");
        return ended;
      },
      { what: "the command to end" },
    );
    expect((await watch.finished).code).toBe(0);
  });

  it("names all that is wrong with its command line", async () => {
    const { code, stderr } = await keywire(["watch", "--ulr", "http://x", "--url=ftp://x"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--ulr is no flag; did you mean --url?");
    expect(stderr).toContain('"ftp://x" is no gateway\'s address');
  });
});
