import { Cluster, Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startCluster, startRedis } from "../support/index.js";
import { judge, Member, settled, writeLives } from "./site.js";

interface Deployment {
  readonly url: string;
  readonly client: Redis | Cluster;
  stop(): Promise<void>;
}

async function standalone(): Promise<Deployment> {
  const server = await startRedis();
  const client = new Redis({ port: server.node.port });
  const stop = async () => {
    client.disconnect();
    await server.stop();
  };
  return { url: server.url, client, stop };
}

async function cluster(): Promise<Deployment> {
  const servers = await startCluster({ primaries: 3, replicas: 0 });
  const client = new Cluster(servers.nodes.map(({ host, port }) => ({ host, port })));
  const stop = async () => {
    client.disconnect();
    await servers.stop();
  };
  return { url: servers.url, client, stop };
}

/** Keys of six events each: 10,000 events. */
const KEYS = 1_667;
const enough = (keys: number) => keys < KEYS;

describe.each([
  ["a standalone server", standalone],
  ["a cluster", cluster],
] as const)("gateways on %s", (_, start) => {
  let deployment: Deployment;
  let members: Member[];

  beforeEach(async () => {
    deployment = await start();
    members = [];
  }, 120_000);

  afterEach(async () => {
    await Promise.all(members.map(({ process }) => process.kill()));
    await deployment?.stop();
  });

  async function join(options: Parameters<typeof Member.start>[2] = {}): Promise<Member> {
    const member = await Member.start(`m${members.length + 1}`, deployment.url, options);
    members.push(member);
    return member;
  }

  it("do each of 10,000 events once, but for what the one that was killed had not said", async () => {
    const first = await join();
    const second = await join();
    await first.holds([32]);
    await second.holds([32]);
    const writing = writeLives(deployment.client, enough);
    setTimeout(() => void first.process.kill(), 700);
    const written = await writing;
    await settled(members, written);
    await second.holds([64]);
    const verdict = await judge(members, written);
    expect(verdict).toMatchObject({ lost: [], doubled: [], disordered: [], missed: 0 });
    expect((await first.did()).length).toBeGreaterThan(100);
    // It was not there when the other one began; that it says so concerns nothing that was written.
    const began = written[0]?.from ?? 0;
    for (const { to } of await second.missed()) expect(to).toBeLessThan(began);
    // What it had not said was half a second's worth at most, and a moment's of waiting.
    expect(verdict.repeats).toBeLessThanOrEqual(verdict.mayBeRepeats);
    expect((await second.status())?.entries).toBe(0);
  }, 120_000);

  it("do each event exactly once while they join and leave in order", async () => {
    const first = await join();
    await first.holds([64]);
    const overlapping = { channels: ["prefix:w:", "pattern:*1*", "event:append"] };
    let isOver = false;
    const writing = writeLives(deployment.client, () => !isOver, { delay: 5, width: 10 });
    const second = await join(overlapping);
    await second.holds([32]);
    const third = await join(overlapping);
    await third.holds([21, 22]);
    first.process.signal("SIGTERM");
    await second.holds([32]);
    await third.holds([32]);
    expect(await first.process.exited).toEqual({ code: 0, signal: null });
    isOver = true;
    const written = await writing;
    await settled(members, written);
    expect(await judge(members, written)).toEqual({
      lost: [],
      doubled: [],
      disordered: [],
      mayBeRepeats: 0,
      repeats: 0,
      missed: 0,
    });
    for (const member of members) expect((await member.did()).length).toBeGreaterThan(0);
  }, 120_000);

  it("do not go on with what was taken from them while they were stopped", async () => {
    const first = await join();
    const second = await join();
    await first.holds([32]);
    await second.holds([32]);
    let isOver = false;
    const writing = writeLives(deployment.client, () => !isOver, { delay: 5, width: 10 });
    setTimeout(() => first.process.signal("SIGSTOP"), 1_000);
    await second.holds([64]);
    first.process.signal("SIGCONT");
    await first.holds([32]);
    isOver = true;
    const written = await writing;
    await settled(members, written);
    const verdict = await judge(members, written);
    expect(verdict).toMatchObject({ lost: [], doubled: [], disordered: [] });
  }, 120_000);
});
