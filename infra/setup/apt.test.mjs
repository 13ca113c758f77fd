import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aptCommand, installScript } from "./apt.mjs";
import { CHROMIUM, RABBITMQ } from "./programs.mjs";

/** @type {string} */
let folder;
/** @type {string} */
let policy;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keywire-apt-"));
  policy = join(folder, "policy-rc.d");
});

afterEach(() => rmSync(folder, { recursive: true }));

/** @param {string} body of the shell script that stands in for apt-get */
function environment(body) {
  writeFileSync(join(folder, "apt-get"), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return { ...process.env, PATH: `${folder}${delimiter}${process.env["PATH"]}` };
}

const script = () => installScript(["some-server"], [], policy);

describe("the install script", () => {
  it("forbids services to start while it installs, and no longer", () => {
    const env = environment(`echo "$@" >${folder}/args; cat ${policy} >${folder}/seen`);
    const { status } = spawnSync("sh", ["-c", script()], { env });
    expect(status).toBe(0);
    expect(readFileSync(join(folder, "args"), "utf8")).toMatch(/^install --yes .* some-server\n$/);
    expect(readFileSync(join(folder, "seen"), "utf8")).toBe("#!/bin/sh\nexit 101\n");
    expect(existsSync(policy)).toBe(false);
  });

  it("leaves a policy that was there before", () => {
    writeFileSync(policy, "somebody else's");
    spawnSync("sh", ["-c", script()], { env: environment("true") });
    expect(readFileSync(policy, "utf8")).toBe("somebody else's");
  });

  it("cleans up after a failure, and reports it", () => {
    const { status } = spawnSync("sh", ["-c", script()], { env: environment("exit 100") });
    expect(status).toBe(100);
    expect(existsSync(policy)).toBe(false);
  });

  it("cleans up when it is ended", async () => {
    const env = environment(`kill -TERM $PPID; sleep 0.1`);
    const [code] = await once(spawn("sh", ["-c", script()], { env }), "exit");
    expect(code).toBe(143);
    expect(existsSync(policy)).toBe(false);
  });
});

it("tells in one command what it would install", () => {
  expect(aptCommand([CHROMIUM, RABBITMQ])).toBe(
    "sudo apt-get update && sudo apt-get install --yes chromium rabbitmq-server",
  );
});
