import { RedisRevocationStore, Revocations } from "@keywire/gateway/auth";
import { CommandConnections, parseRedisUrl } from "@keywire/gateway/keyspace";
import { systemClock } from "@keywire/shared";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  hold,
  type StandaloneRedis,
  startCluster,
  startProxy,
  startRedis,
  waitFor,
} from "../support/index.js";

/** ms: above the gateways' pause between two looks at Redis. */
const NEXT_LOOK = 15_000;
const DAY = 24 * 3_600_000;

interface TestGateway {
  readonly revocations: Revocations;
  /** How often it was told that something more is revoked. */
  told: number;
  readonly errors: unknown[];
}

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** What a gateway opens for revocations; its messages may come by another way than its commands. */
async function startGateway(url: string, subscriberUrl = url): Promise<TestGateway> {
  const commands = new CommandConnections(parseRedisUrl(url)).open();
  const subscriber = new CommandConnections(parseRedisUrl(subscriberUrl)).open();
  // Tests take servers away: what that breaks they look at elsewhere.
  for (const connection of [commands, subscriber]) connection.on("error", () => {});
  const store = new RedisRevocationStore(commands, subscriber);
  const errors: unknown[] = [];
  const revocations = new Revocations(store, systemClock, (error) => errors.push(error));
  const gateway: TestGateway = { revocations, told: 0, errors };
  revocations.onRevoked(() => gateway.told++);
  endings.push(
    hold(async () => {
      revocations.close();
      commands.disconnect();
    }),
  );
  await revocations.start();
  return gateway;
}

const token = (user: string, fields: { issuedAt?: number; tokenId?: string } = {}) => ({
  user,
  issuedAt: fields.issuedAt,
  tokenId: fields.tokenId,
});

const revoked = (gateway: TestGateway, user: string) => () =>
  gateway.revocations.isRevoked(token(user));

describe("revocations, on a real server", () => {
  let server: StandaloneRedis;
  beforeAll(async () => {
    server = await startRedis();
  });
  beforeEach(() => server.client.flushall());
  afterAll(() => server?.stop());

  it("count on every gateway at once, for the tokens of that time", async () => {
    const [one, other] = [await startGateway(server.url), await startGateway(server.url)];
    await waitFor(
      () => server.client.pubsub("NUMSUB", "{keywire}:revocations").then(([, n]) => n === 2),
      {
        what: "both gateways to listen",
      },
    );
    const before = Date.now();
    await one.revocations.revoke({ sub: "eve" });
    // Far below the pause between two looks: the message did it.
    await waitFor(revoked(other, "eve"), { what: "the other gateway to hear", deadline: 2_000 });
    expect([one.told, other.told]).toEqual([1, 1]);
    for (const { revocations } of [one, other]) {
      expect(revocations.isRevoked(token("eve", { issuedAt: before - 1 }))).toBe(true);
      expect(revocations.isRevoked(token("eve", { issuedAt: Date.now() + 1_000 }))).toBe(false);
      expect(revocations.isRevoked(token("bob"))).toBe(false);
    }
    await other.revocations.revoke({ jti: "t1" });
    await waitFor(() => one.revocations.isRevoked(token("bob", { tokenId: "t1" })), {
      what: "the first one to hear",
      deadline: 2_000,
    });
    expect([...one.errors, ...other.errors]).toEqual([]);
  });

  it("count on every gateway behind a failover that lost the last of them, and behind a flush", async () => {
    const [one, other] = [await startGateway(server.url), await startGateway(server.url)];
    const version = "{keywire}:revocations:version";
    await one.revocations.revoke({ sub: "alice" });
    const before = (await server.client.get(version)) ?? "";
    await one.revocations.revoke({ sub: "eve" });
    await waitFor(revoked(other, "eve"), { what: "the other gateway to hear" });
    await server.client.zrem("{keywire}:revocations", "sub:eve");
    await server.client.set(version, before);
    await one.revocations.revoke({ sub: "bob" });
    await waitFor(revoked(other, "bob"), {
      what: "the other gateway to hear",
      deadline: NEXT_LOOK,
    });
    await server.client.flushall();
    await one.revocations.revoke({ sub: "carl" });
    const later = await startGateway(server.url);
    for (const user of ["eve", "bob", "carl"]) expect(revoked(later, user)()).toBe(true);
  });

  it("are known to a gateway that starts later", async () => {
    const first = await startGateway(server.url);
    await first.revocations.revoke({ sub: "eve" });
    const later = await startGateway(server.url);
    expect(later.revocations.isRevoked(token("eve"))).toBe(true);
    expect(later.revocations.problems()).toEqual([]);
  });

  it("reach a gateway whose messages are lost, though its connection looks sound", async () => {
    const proxy = await startProxy(server.node.port);
    const sound = await startGateway(server.url);
    const deaf = await startGateway(server.url, `redis://127.0.0.1:${proxy.port}`);
    await waitFor(
      () => server.client.pubsub("NUMSUB", "{keywire}:revocations").then(([, n]) => n === 2),
      {
        what: "both gateways to listen",
      },
    );
    proxy.stall();
    await sound.revocations.revoke({ sub: "eve" });
    await waitFor(revoked(deaf, "eve"), { what: "the next look", deadline: NEXT_LOOK });
    expect(deaf.told).toBe(1);
    await proxy.stop();
  });

  it("are heard of after the server lost what it had, as a failover or a restart may have it", async () => {
    const [one, other] = [await startGateway(server.url), await startGateway(server.url)];
    await one.revocations.revoke({ sub: "eve" });
    await waitFor(revoked(other, "eve"), { what: "the first one", deadline: NEXT_LOOK });
    await server.client.flushall();
    await one.revocations.revoke({ sub: "mallory" });
    await waitFor(revoked(other, "mallory"), { what: "the next one", deadline: NEXT_LOOK });
  });

  it("write nothing but keys of the gateway's own, and forget what is older than any token", async () => {
    const { revocations } = await startGateway(server.url);
    await server.client.zadd("{keywire}:revocations", Date.now() - 500 * DAY, "sub:ancient");
    await revocations.revoke({ sub: "eve" });
    await revocations.revoke({ sub: "eve" });
    expect((await server.client.keys("*")).sort()).toEqual([
      "{keywire}:revocations",
      "{keywire}:revocations:version",
    ]);
    expect(await server.client.zrange("{keywire}:revocations", 0, "-1")).toEqual(["sub:eve"]);
  });

  it("are told apart whatever a user is called", async () => {
    const [one, other] = [await startGateway(server.url), await startGateway(server.url)];
    for (const sub of ["jti:t1", "é\n\0*", "a b"]) await one.revocations.revoke({ sub });
    for (const sub of ["jti:t1", "é\n\0*", "a b"]) {
      await waitFor(revoked(other, sub), { what: `${sub} to be revoked`, deadline: NEXT_LOOK });
    }
    expect(other.revocations.isRevoked(token("x", { tokenId: "t1" }))).toBe(false);
  });
});

describe("revocations, while the server is away", () => {
  let server: StandaloneRedis | undefined;
  afterEach(() => server?.stop());

  it("go on counting, are refused meanwhile, and are followed again when it is back", async () => {
    server = await startRedis();
    const [one, other] = [await startGateway(server.url), await startGateway(server.url)];
    await one.revocations.revoke({ sub: "eve" });
    await waitFor(revoked(other, "eve"), {
      what: "the other gateway to hear",
      deadline: NEXT_LOOK,
    });
    await server.node.kill();
    await expect(one.revocations.revoke({ sub: "bob" })).rejects.toMatchObject({
      code: "unavailable",
    });
    expect(one.revocations.isRevoked(token("eve"))).toBe(true);
    expect(one.revocations.isRevoked(token("bob"))).toBe(false);

    // It comes back empty: what is known goes on counting, and new ones are heard again.
    await server.node.restart();
    await one.revocations.revoke({ sub: "mallory" });
    await waitFor(revoked(other, "mallory"), { what: "the other gateway", deadline: NEXT_LOOK });
    expect(other.revocations.isRevoked(token("eve"))).toBe(true);
  });

  it("keep no gateway from starting, which says what it does not know, and learns it", async () => {
    server = await startRedis();
    await (await startGateway(server.url)).revocations.revoke({ sub: "eve" });
    const proxy = await startProxy(server.node.port);
    proxy.refuse();
    const late = await startGateway(`redis://127.0.0.1:${proxy.port}`);
    expect(late.revocations.problems()).toEqual([expect.stringContaining("not been read")]);
    proxy.resume();
    await waitFor(revoked(late, "eve"), { what: "the first look", deadline: NEXT_LOOK });
    expect(late.revocations.problems()).toEqual([]);
    await proxy.stop();
  });
});

describe("revocations, on a cluster", () => {
  it("count on every gateway, whichever node it hears", async () => {
    const cluster = await startCluster({ primaries: 3, replicas: 0 });
    const addresses = cluster.nodes.map(({ port }) => `127.0.0.1:${port}`);
    const [first = "", second = ""] = addresses;
    const one = await startGateway(`redis+cluster://${first}`);
    const other = await startGateway(`redis+cluster://${second}`);
    await one.revocations.revoke({ sub: "eve" });
    await waitFor(revoked(other, "eve"), { what: "the other gateway", deadline: NEXT_LOOK });
    await other.revocations.revoke({ sub: "bob" });
    await waitFor(revoked(one, "bob"), { what: "the first gateway", deadline: NEXT_LOOK });
    expect([...one.errors, ...other.errors]).toEqual([]);
    await cluster.stop();
  });
});
