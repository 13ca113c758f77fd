import { createServer } from "node:net";
import { Redis } from "ioredis";
import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { collect, hold, reservePort, startRedis, tempFolder, waitFor } from "../support/index.js";
import { begin, type Command, keywire } from "./keywire.js";
import { keeperOf, leftovers, serverOf } from "./leftovers.js";

const READY = "Ctrl-C ends all of it.";

interface Dev extends Command {
  /** Its temp folder. */
  readonly folder: string;
}

/** `keywire dev` with a temp folder of its own, so that what it leaves can be told. */
async function beginDev(env: Record<string, string> = {}): Promise<Dev> {
  const { path } = await tempFolder("cli-dev");
  const { port } = await reservePort();
  const command = begin(["dev"], { TMPDIR: path, KEYWIRE_PORT: String(port), ...env });
  return Object.assign(command, { folder: path });
}

function addressIn(shown: string): { readonly page: string; readonly token: string } {
  const [, page, token] = /(http:\/\/\S+\/)#token=(\S+)/.exec(shown) ?? [];
  if (page === undefined || token === undefined) throw new Error(`no address in:\n${shown}`);
  return { page, token };
}

describe("keywire dev", () => {
  it("prints an address that answers, with a token that lets one in", async () => {
    const dev = await beginDev();
    const { page, token } = addressIn(await dev.shows(READY));
    expect((await fetch(page)).status).toBe(200);
    const state = await fetch(new URL("/v1/admin/state", page), {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(state.status).toBe(200);
    expect(decodeJwt(token)["keywire"]).toEqual({
      grants: [{ keys: "*", db: "*", values: true }],
      admin: true,
    });
    expect(dev.stdout).toContain("not for production");
    dev.signal("SIGINT");
    expect((await dev.finished).code).toBe(0);
  });

  it("has demo traffic, lively but gentle, of a bounded number of keys", async () => {
    const dev = await beginDev();
    const { port } = serverOf(await dev.shows(READY));
    const redis = new Redis({ port, host: "127.0.0.1" });
    hold(() => redis.disconnect());
    await redis.config("SET", "notify-keyspace-events", "KEA");
    const events = collect<string>();
    redis.on("pmessage", (_pattern, channel: string, event: string) => {
      events.add(`${event} ${channel.split(":")[1]}`);
    });
    await redis.psubscribe("__keyspace@0__:*");
    const start = Date.now();
    await events.atLeast(60, { deadline: 20_000 });
    const rate = 60 / ((Date.now() - start) / 1_000);
    expect(rate).toBeGreaterThan(5);
    expect(rate).toBeLessThan(30);
    for (const sign of ["hset order", "incrby views", "set session"]) {
      await events.first((event) => event === sign, { deadline: 20_000 });
    }
    redis.disconnect();
    dev.signal("SIGINT");
    await dev.finished;
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "ends on %s and leaves nothing",
    async (signal) => {
      const dev = await beginDev();
      const { port } = serverOf(await dev.shows(READY));
      expect(leftovers(dev.folder, port)).not.toEqual([]);
      dev.signal(signal);
      expect((await dev.finished).code).toBe(0);
      expect(leftovers(dev.folder, port)).toEqual([]);
    },
  );

  it("is killed, and its server and folder are gone all the same", async () => {
    const dev = await beginDev();
    const { port } = serverOf(await dev.shows(READY));
    dev.signal("SIGKILL");
    await dev.finished;
    await waitFor(() => leftovers(dev.folder, port).length === 0, { what: "nothing to be left" });
  });

  it("is interrupted while it starts, at any moment, and leaves nothing", async () => {
    for (const moment of [0, 1, 2, 3, 4, 5]) {
      const dev = await beginDev();
      // From before it listens to signals until after it has started, whatever the machine's speed.
      const signs = [
        () => true,
        () => leftovers(dev.folder, 0).length > 0,
        () => dev.stdout !== "",
      ];
      await waitFor(signs[moment % 3] ?? (() => true), { what: "a moment of the start" });
      dev.signal(moment < 3 ? "SIGINT" : "SIGKILL");
      await dev.finished;
      await waitFor(() => leftovers(dev.folder, 0).length === 0, { what: "nothing to be left" });
    }
  });

  it("does not go on without its server, and says so", async () => {
    const dev = await beginDev();
    const { port, pid } = serverOf(await dev.shows(READY));
    process.kill(pid, "SIGKILL");
    const { code, stderr } = await dev.finished;
    expect(code).toBe(1);
    expect(stderr).toContain("keywire: the private Redis has ended");
    expect(leftovers(dev.folder, port)).toEqual([]);
  });

  it("ends the server itself where the keeper was killed", async () => {
    const dev = await beginDev();
    const { port } = serverOf(await dev.shows(READY));
    process.kill(keeperOf(dev.folder), "SIGKILL");
    expect((await dev.finished).code).toBe(1);
    expect(leftovers(dev.folder, port)).toEqual([]);
  });

  it("ends a server that hangs", async () => {
    const dev = await beginDev();
    const { port, pid } = serverOf(await dev.shows(READY));
    process.kill(pid, "SIGSTOP");
    dev.signal("SIGINT");
    await dev.finished;
    expect(leftovers(dev.folder, port)).toEqual([]);
  });

  it("ends when nobody reads it any more", async () => {
    const dev = await beginDev();
    const { port } = serverOf(await dev.shows(READY));
    dev.child.stdout?.destroy();
    dev.signal("SIGINT");
    await dev.finished;
    await waitFor(() => leftovers(dev.folder, port).length === 0, { what: "nothing to be left" });
  });
});

describe("keywire dev on a Redis that is there", () => {
  it("serves it, and writes nothing into it but keys of its own", async () => {
    const redis = await startRedis({ args: ["--notify-keyspace-events", "KEA"] });
    const written = collect<string>();
    const listener = redis.client.duplicate();
    hold(() => listener.disconnect());
    listener.on("pmessage", (_pattern, _channel, key: string) => written.add(key));
    await listener.psubscribe("__keyevent@*__:*");

    const dev = await beginDev({ KEYWIRE_REDIS: redis.url });
    const shown = await dev.shows(READY);
    const { page } = addressIn(shown);
    expect((await fetch(page)).status).toBe(200);
    expect(shown).not.toContain("demo traffic");
    dev.signal("SIGINT");
    await dev.finished;

    await redis.client.set("the last", "1");
    await written.first((key) => key === "the last");
    const own = written.items.filter((key) => !key.startsWith("{keywire}:"));
    expect(own).toEqual(["the last"]);
    expect(await redis.client.keys("[^{]*")).toEqual(["the last"]);
  });

  it("prints no token where public keys verify them", async () => {
    const redis = await startRedis();
    const jwks = await beginDev({
      KEYWIRE_REDIS: redis.url,
      KEYWIRE_JWT_JWKS_URL: "http://127.0.0.1:9/jwks.json",
    });
    expect(await jwks.shows(READY)).toContain("bring one of your issuer's");
    expect(jwks.stdout).not.toContain("#token=");
    jwks.signal("SIGINT");
    await jwks.finished;
  });
});

describe("keywire dev and its port", () => {
  /** Listens there, unless somebody does already. */
  async function take(port: number): Promise<void> {
    const server = createServer();
    hold(() => void server.close());
    await new Promise<void>((resolve) => {
      server.once("listening", resolve).once("error", () => resolve());
      server.listen({ port, host: "127.0.0.1" });
    });
  }

  it("names the setting where the port asked for is taken", async () => {
    const { port } = await reservePort();
    await take(port);
    const { path } = await tempFolder("cli-dev");
    const env = { TMPDIR: path, KEYWIRE_PORT: String(port) };
    const { code, stderr } = await keywire(["dev"], env);
    expect(code).toBe(1);
    expect(stderr).toContain(`somebody listens on 127.0.0.1:${port} already; set KEYWIRE_PORT`);
    expect(leftovers(path, 0)).toEqual([]);
  });

  it("takes the next free one where none was asked for, and says so", async () => {
    await take(8_080);
    const { path } = await tempFolder("cli-dev");
    const dev = begin(["dev"], { TMPDIR: path });
    const shown = await dev.shows(READY);
    expect(shown).toMatch(/port 8080 is taken, so this is on \d+; KEYWIRE_PORT chooses/);
    const { page } = addressIn(shown);
    expect(Number(new URL(page).port)).toBeGreaterThan(8_080);
    expect((await fetch(page)).status).toBe(200);
    dev.signal("SIGINT");
    await dev.finished;
  });
});
