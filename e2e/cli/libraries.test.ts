import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Gateway,
  mintToken,
  releaseAll,
  type StandaloneRedis,
  startGateway,
  startRedis,
  tempFolder,
} from "../support/index.js";
import { Libraries, library } from "../triggers/admin.js";
import { keywire, PROGRAM } from "./keywire.js";

let redis: StandaloneRedis;
let gateway: Gateway;
let env: Record<string, string>;

beforeAll(async () => {
  redis = await startRedis();
  gateway = await startGateway({ redis: redis.url });
  env = { KEYWIRE_URL: gateway.url, KEYWIRE_TOKEN: await mintToken({ admin: true }) };
});

afterAll(releaseAll);

const run = (...words: string[]) => keywire(["libraries", ...words], env);

/** @returns the path of a file that holds it */
async function file(source: string): Promise<string> {
  const { path } = await tempFolder("libraries");
  await writeFile(`${path}/library.js`, source);
  return `${path}/library.js`;
}

const SHOP = library(
  "shop",
  `redis.registerFunction("greet", (client, key, name) => "hello " + name + " of " + key);
redis.registerFunction("facts", () => ({ a: [1, "b"] }), { flags: ["no-writes"] });
redis.registerKeySpaceTrigger("t", "cli:", () => { nowhere(); }, { events: ["set"] });`,
);

describe("keywire libraries", () => {
  it("loads, replaces, lists, calls and deletes", async () => {
    const path = await file(SHOP);
    expect(await run("list")).toMatchObject({ code: 0, stdout: "no library is loaded\n" });
    expect(await run("load", path)).toEqual({ code: 0, stdout: "loaded shop\n", stderr: "" });
    const again = await run("load", path);
    expect(again).toMatchObject({ code: 1, stdout: "" });
    expect(again.stderr).toContain("shop is loaded already");
    const replaced = await run("load", "--replace", "--config", '{"a":1}', path);
    expect(replaced.stdout).toBe("replaced shop\n");

    await redis.client.set("cli:1", "x");
    await new Libraries(gateway).finished("shop.t", 1);
    const { stdout } = await run("list", "shop", "--withcode");
    expect(stdout).toMatch(/^shop {2}api 1\.0, 0 pending, configuration \{"a":1\}$/m);
    expect(stdout).toMatch(/^ {2}TRIGGER +KEYS +EVENTS +TRIGGERED +SUCCESS +FAILED/m);
    expect(stdout).toMatch(/^ {2}t +cli: +set +1 +0 +1 +[\d.]+ +[\d.]+$/m);
    expect(stdout).toMatch(/^ {2}last error of t: .*nowhere.*line 4/m);
    expect(stdout).toMatch(/^ {2}facts +no-writes$/m);
    expect(stdout).toContain("  1 | #!js api_version=1.0 name=shop\n");
    const names = await run("list", "shop", "--json", "--verbosity", "0");
    expect(JSON.parse(names.stdout)).toMatchObject([{ name: "shop", keyspace_triggers: ["t"] }]);

    expect(await run("call", "shop", "greet", "--key", "berlin", "ann")).toEqual({
      ...{ code: 0, stdout: "hello ann of berlin\n", stderr: "" },
    });
    const facts = await run("call", "shop", "facts", "--json");
    expect(JSON.parse(facts.stdout)).toEqual({ result: { a: [1, "b"] } });
    expect(await run("call", "shop", "nobody")).toMatchObject({ code: 1, stdout: "" });

    expect(await run("delete", "shop")).toMatchObject({ code: 0, stdout: "deleted shop\n" });
    expect(await run("list", "shop")).toMatchObject({ code: 1, stdout: "" });
  });

  it("reads a source from the standard input", async () => {
    const child = spawn(process.execPath, [PROGRAM, "libraries", "load", "-"], {
      env: { ...process.env, ...env },
    });
    child.stdin.end(library("piped", 'redis.registerFunction("f", () => 1);'));
    expect(await text(child.stdout)).toBe("loaded piped\n");
  });

  it("shows the line that a source is refused for, and those around it", async () => {
    const bad = await run("load", await file(library("bad", "let a;\nlet a;\nlet c;")));
    expect(bad).toMatchObject({ code: 1, stdout: "" });
    expect(bad.stderr).toContain(
      ["  1 | #!js api_version=1.0 name=bad", "  2 | let a;", "> 3 | let a;", "  4 | let c;"].join(
        "\n",
      ),
    );
  });

  it("tells wrong usage from what could not be done", async () => {
    const unknown = await run("lod", "x");
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("did you mean load?");
    expect((await run("load", "/nowhere/library.js")).code).toBe(2);
    const reader = await keywire(["libraries", "list"], {
      ...{ KEYWIRE_URL: gateway.url, KEYWIRE_TOKEN: await mintToken() },
    });
    expect(reader).toMatchObject({ code: 1, stdout: "" });
    expect(reader.stderr).toContain("admin");
    const away = await keywire(["libraries", "list"], {
      ...env,
      KEYWIRE_URL: "http://127.0.0.1:1",
    });
    expect(away.code).toBe(1);
    expect(away.stderr).toContain("cannot be reached");
  });
});
