import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { expect, it } from "vitest";
import { reservePort, run, startRedis, tempFolder, waitFor } from "./support/index.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** ms; it may have to build first. */
const START_DEADLINE = 50_000;

/** `npm start` with a temp folder of its own, so that all it leaves behind is seen. */
async function npmStart(settings: Readonly<Record<string, string>> = {}) {
  const [{ port }, folder] = [await reservePort(), await tempFolder("start")];
  const foreign = Object.entries(process.env).filter(([name]) => !/^(KEYWIRE|npm)_/.test(name));
  const own = { TMPDIR: folder.path, KEYWIRE_PORT: String(port), ...settings };
  const npm = await run({
    command: "npm",
    args: ["start"],
    cwd: ROOT,
    // npm keeps compiled code among the temporary files, from Node 22 on.
    env: { ...Object.fromEntries(foreign), ...own, NODE_DISABLE_COMPILE_CACHE: "1" },
  });
  const address = new RegExp(`http://127\\.0\\.0\\.1:${port}/#token=\\S+`);
  await waitFor(() => address.test(npm.output()) || !npm.running, {
    what: `the dashboard's address on port ${port}`,
    deadline: START_DEADLINE,
  });
  const found = address.exec(npm.output());
  if (!found) throw new Error(`npm start ended: ${npm.output()}`);
  return { npm, folder, address: found[0] };
}

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly args: string;
}

/** All processes, but for the dead whom nobody has asked for. */
function processes(): Row[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat=,args="], { encoding: "utf8" });
  return lines.split("\n").flatMap((line) => {
    const [, pid, parent, state, args] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (args === undefined || state?.startsWith("Z")) return [];
    return [{ pid: Number(pid), parent: Number(parent), args }];
  });
}

/** A process with all that it started, whatever groups these are in. */
function family(pid: number, rows = processes()): Row[] {
  const own = rows.filter((row) => row.pid === pid);
  const children = rows.filter(({ parent }) => parent === pid);
  return [...own, ...children.flatMap((child) => family(child.pid, rows))];
}

function survivors(members: readonly Row[]): string[] {
  const now = processes();
  const same = (a: Row) => (b: Row) => a.pid === b.pid && a.args === b.args;
  return members.filter((member) => now.some(same(member))).map(({ args }) => args);
}

/** Neither a process nor a file is left. */
async function expectNothingLeft(members: readonly Row[], folder: string): Promise<void> {
  expect(members.length).toBeGreaterThan(1);
  await waitFor(() => survivors(members).length === 0, { what: "everything to be gone" });
  expect(readdirSync(folder)).toEqual([]);
}

it("npm start shows demo traffic, and Ctrl-C ends all of it", async () => {
  const { npm, folder, address } = await npmStart();
  expect(await (await fetch(address)).text()).toContain("<title>");
  const members = family(npm.pid);
  expect(members.map(({ args }) => args).join("\n")).toMatch(/(redis|valkey)-server/);
  const redis = new Redis(Number(/on port (\d+)/.exec(npm.output())?.[1]), "127.0.0.1");
  await waitFor(() => redis.dbsize(), { what: "demo traffic" });
  redis.disconnect();

  process.kill(-npm.pid, "SIGINT");
  await npm.exited;
  await expectNothingLeft(members, folder.path);
  await expect(fetch(address)).rejects.toThrow();
});

it("npm start ends all of it too when npm alone is told to", async () => {
  const { npm, folder } = await npmStart();
  const members = family(npm.pid);
  npm.signal("SIGTERM");
  await npm.exited;
  await expectNothingLeft(members, folder.path);
});

it("npm start serves a Redis that is there, and writes nothing into it but its own", async () => {
  const redis = await startRedis();
  const { npm, folder, address } = await npmStart({ KEYWIRE_REDIS: redis.url });
  expect((await fetch(address)).status).toBe(200);
  const members = family(npm.pid);
  expect(members.map(({ args }) => args).join("\n")).not.toMatch(/(redis|valkey)-server/);
  await redis.client.set("a", "1");
  const keys = await redis.client.keys("*");
  expect(keys.filter((key) => !key.startsWith("{keywire}:"))).toEqual(["a"]);

  process.kill(-npm.pid, "SIGINT");
  await npm.exited;
  await expectNothingLeft(members, folder.path);
});
