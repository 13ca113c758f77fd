import { expect, it } from "vitest";
import {
  mintToken,
  reservePort,
  type StandaloneRedis,
  startCluster,
  startGateway,
  startRedis,
  waitFor,
} from "../support/index.js";
import { keywire } from "./keywire.js";

interface Finding {
  readonly what: string;
  readonly verdict: "ok" | "warn" | "fail" | "skip";
  readonly detail: string;
  readonly remedy?: string;
}

interface Report {
  readonly findings: readonly Finding[];
  readonly nodes: readonly { readonly address: string; readonly findings: readonly Finding[] }[];
}

async function doctor(url: string, ...flags: string[]) {
  const { code, stdout, stderr } = await keywire(["doctor", "--json", "--redis", url, ...flags]);
  expect(stderr).toBe("");
  const report: Report = JSON.parse(stdout);
  return { code, report, findings: report.nodes.flatMap((node) => node.findings) };
}

function about(findings: readonly Finding[], what: string): Finding {
  const finding = findings.find((candidate) => candidate.what === what);
  if (finding === undefined) throw new Error(`nothing was found about ${what}`);
  return finding;
}

it("finds nothing wrong with a good server", async () => {
  const redis = await startRedis({ args: ["--notify-keyspace-events", "KEA"] });
  const { code, findings } = await doctor(redis.url);
  expect(code).toBe(0);
  expect(findings.map(({ what, verdict }) => `${what}: ${verdict}`)).toEqual([
    "server: ok",
    "round trip: ok",
    "clock: ok",
    "output buffer: ok",
    "rights: ok",
    "notifications: ok",
  ]);
  expect(about(findings, "server").detail).toMatch(/^(Redis|Valkey) \d+\.\d+.*, primary$/);
});

it("finds notifications off, and the command it names mends it", async () => {
  const redis = await startRedis();
  const sick = await doctor(redis.url);
  expect(sick.code).toBe(1);
  const finding = about(sick.findings, "notifications");
  expect(finding.verdict).toBe("fail");
  expect(finding.detail).toContain('notify-keyspace-events is "": without K and A');
  const remedy = /^redis-cli -h 127\.0\.0\.1 -p (\d+) CONFIG SET (\S+) (\S+)$/.exec(
    finding.remedy ?? "",
  );
  expect(remedy?.[1]).toBe(String(redis.node.port));
  await redis.client.config("SET", remedy?.[2] ?? "", remedy?.[3] ?? "");
  expect((await doctor(redis.url)).code).toBe(0);
});

it("changes nothing on the server", async () => {
  const redis = await startRedis();
  await doctor(redis.url);
  expect(await redis.client.config("GET", "notify-keyspace-events")).toEqual([
    "notify-keyspace-events",
    "",
  ]);
  expect((await redis.client.keys("*")).filter((key) => !key.startsWith("{keywire}:"))).toEqual([]);
});

it("warns where event: channels would have to wait for a flag", async () => {
  const redis = await startRedis({ args: ["--notify-keyspace-events", "KA"] });
  const { code, findings } = await doctor(redis.url);
  expect(code).toBe(0);
  expect(about(findings, "notifications")).toMatchObject({ verdict: "warn" });
});

it("tests whether events arrive where CONFIG was renamed away", async () => {
  const renamed = ["--rename-command", "CONFIG", ""];
  const off = await startRedis({ args: renamed });
  const sick = await doctor(off.url);
  expect(sick.code).toBe(1);
  expect(about(sick.findings, "notifications")).toMatchObject({
    verdict: "fail",
    detail: expect.stringContaining("a test did not hear them"),
    remedy: "in the server's configuration file: notify-keyspace-events KAE",
  });
  expect(about(sick.findings, "rights").detail).toContain("the server has no CONFIG");

  const on = await startRedis({ args: [...renamed, "--notify-keyspace-events", "KEA"] });
  const well = await doctor(on.url);
  expect(well.code).toBe(0);
  expect(about(well.findings, "notifications").detail).toContain("a test shows that they are sent");
});

it("names the rights a user lacks, and the command it names grants them", async () => {
  const redis = await startRedis({ args: ["--notify-keyspace-events", "KEA"] });
  await redis.client.call("ACL", "SETUSER", "app", "on", ">pw", "~app:*", "resetchannels", "+ping");
  const url = `redis://app:pw@127.0.0.1:${redis.node.port}`;
  const sick = await doctor(url);
  expect(sick.code).toBe(1);
  expect(about(sick.findings, "rights").detail).toBe(
    "the user app lacks SUBSCRIBE, PSUBSCRIBE, UNSUBSCRIBE, PUNSUBSCRIBE, ROLE, CLIENT ID, EXEC and MULTI",
  );
  // What a transaction may hold shows once there may be one, and which keys and channels are out of
  // reach once the commands may be used.
  let last = sick;
  for (let round = 0; round < 3; round++) {
    await applyRights(redis, last.findings);
    last = await doctor(url);
  }
  expect(about(last.findings, "rights").verdict).toBe("ok");
  expect(last.code).toBe(0);
  expect(await redis.client.keys("*")).toEqual([]);

  // A gateway needs no more than that: all is read, and nothing is refused.
  await redis.client.call("ACL", "LOG", "RESET");
  const gateway = await startGateway({ redis: url });
  const admin = { authorization: `Bearer ${await mintToken({ admin: true })}` };
  await waitFor(async () => (await fetch(`${gateway.url}/readyz`)).ok, { what: "it to be ready" });
  const revoked = await fetch(`${gateway.url}/v1/admin/revocations`, {
    method: "POST",
    headers: admin,
    body: JSON.stringify({ sub: "bob" }),
  });
  expect(revoked.ok).toBe(true);
  await gateway.stop();
  const refused = (await redis.client.call("ACL", "LOG", "50")) as string[][];
  expect(refused.map((entry) => entry[entry.indexOf("object") + 1])).toEqual(["client|setname"]);
});

it("tells what of libraries cannot be had, right by right", async () => {
  const redis = await startRedis({ args: ["--notify-keyspace-events", "KEA"] });
  const rules = ["on", ">pw", "~*", "&*", "+@all", "-command", "-xrange"];
  await redis.client.call("ACL", "SETUSER", "app", ...rules);
  const { code, findings } = await doctor(`redis://app:pw@127.0.0.1:${redis.node.port}`);
  expect(code).toBe(0);
  expect(findings.filter(({ what }) => what === "rights").map(({ detail }) => detail)).toEqual([
    "the user app lacks COMMAND INFO: libraries can send no commands",
    "the user app lacks XRANGE: stream triggers read nothing",
  ]);
});

it("tells a database that is not there, and so does a gateway that is to serve it", async () => {
  const redis = await startRedis({ args: ["--notify-keyspace-events", "KEA", "--databases", "4"] });
  const url = `redis://127.0.0.1:${redis.node.port}/7`;
  const { code, findings } = await doctor(url);
  expect(code).toBe(1);
  expect(about(findings, "database").detail).toContain("7 cannot be used");
  expect((await doctor(url.replace("/7", "/3"))).code).toBe(0);
  const gateway = await startGateway({ redis: url });
  const ready = await fetch(`${gateway.url}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.text()).toContain("has no database 7");
});

it("warns of subscribers that are cut off for a moment's lag, by either limit", async () => {
  const redis = await startRedis({ args: ["--notify-keyspace-events", "KEA"] });
  await redis.client.config("SET", "client-output-buffer-limit", "pubsub 0 1024 5");
  const { findings } = await doctor(redis.url);
  expect(about(findings, "output buffer")).toMatchObject({ verdict: "warn" });
});

/** Does what the remedies of missing rights say. */
async function applyRights(redis: StandaloneRedis, findings: readonly Finding[]): Promise<void> {
  for (const { what, remedy = "" } of findings) {
    const [, command] = /^redis-cli -h \S+ -p \d+ ACL (.+)$/.exec(remedy) ?? [];
    if (what === "rights" && command !== undefined) {
      await redis.client.call("ACL", ...command.replaceAll("'", "").split(" "));
    }
  }
}

it("tells a wrong password from a server that is not there", async () => {
  const redis = await startRedis();
  await redis.client.config("SET", "requirepass", "right");
  const wrong = await doctor(`redis://:wrong@127.0.0.1:${redis.node.port}`);
  expect(wrong.code).toBe(1);
  expect(about(wrong.findings, "connection").remedy).toContain("redis://user:password@host:port");
  const none = await doctor(`redis://127.0.0.1:${redis.node.port}`);
  expect(none.findings).toEqual([
    expect.objectContaining({ what: "connection", detail: expect.stringContaining("NOAUTH") }),
  ]);
  expect(about(none.findings, "connection").remedy).toContain("redis://user:password@host:port");
  const { port } = await reservePort();
  const absent = await doctor(`redis://127.0.0.1:${port}`);
  expect(absent.code).toBe(1);
  expect(about(absent.findings, "connection").detail).toContain("ECONNREFUSED");
});

it("looks at every node of a cluster, replicas too", async () => {
  const cluster = await startCluster({
    primaries: 3,
    replicas: 1,
    args: ["--notify-keyspace-events", "KEA"],
  });
  const [odd] = cluster.nodes.slice(-1);
  await odd?.client.config("SET", "notify-keyspace-events", "");
  const { code, report } = await doctor(cluster.url);
  expect(code).toBe(1);
  expect(about(report.findings, "deployment").detail).toBe(
    "3 primaries, 1 replica, all slots owned",
  );
  expect(report.nodes).toHaveLength(4);
  const failing = report.nodes.filter(({ findings }) =>
    findings.some(({ verdict }) => verdict === "fail"),
  );
  expect(failing.map(({ address }) => address)).toEqual([`127.0.0.1:${odd?.port}`]);
});

it("prints a table that people can read", async () => {
  const redis = await startRedis();
  const { code, stdout } = await keywire(["doctor", "--redis", redis.url]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^ {2}ok {4}server {9}\w+ [\d.]+, primary$/m);
  expect(stdout).toMatch(/^ {2}fail {2}notifications {2}notify-keyspace-events is ""/m);
  expect(stdout).toMatch(
    /^ +→ redis-cli -h 127\.0\.0\.1 -p \d+ CONFIG SET notify-keyspace-events KAE$/m,
  );
  expect(stdout).toMatch(/\n1 to mend\.\n$/);
});
