import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { tempFolder } from "./folder.js";
import { reservePort } from "./ports.js";
import { run } from "./process.js";
import { releaseAll } from "./resources.js";
import { waitFor } from "./wait.js";

const GUARDIAN = fileURLToPath(new URL("./guardian.mjs", import.meta.url));
/** Starts a child of its own, prints its pid, and stays. */
const FAMILY = [
  "-e",
  `const { spawn } = require("node:child_process");
   console.log(spawn("sleep", ["300"], { stdio: "inherit" }).pid);
   setInterval(() => {}, 1000);`,
];

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // ESRCH, as no process here belongs to anybody else.
    return false;
  }
}

it("kills a program with the children that it started", async () => {
  const family = await run({ command: process.execPath, args: FAMILY });
  const child = await waitFor(() => Number(family.output().trim()), { what: "the child's pid" });
  expect(isAlive(child)).toBe(true);
  await family.kill();
  await waitFor(() => !isAlive(child), { what: "the child to be dead" });
  expect(family.running).toBe(false);
});

it("gives back all that a test has forgotten", async () => {
  const program = await run({ command: "sleep", args: ["300"] });
  const folder = await tempFolder("forgotten");
  program.signal("SIGSTOP");
  await releaseAll();
  expect(isAlive(program.pid)).toBe(false);
  expect(existsSync(folder.path)).toBe(false);
});

it("has a guardian that ends all when the test process is gone", async () => {
  const group = spawn("sleep", ["300"], { detached: true, stdio: "ignore" });
  const spared = spawn("sleep", ["300"], { detached: true, stdio: "ignore" });
  const folder = mkdtempSync(join(tmpdir(), "keywire-guarded-"));
  const guardian = spawn(process.execPath, [GUARDIAN], { stdio: ["pipe", "ignore", "inherit"] });
  guardian.stdin.write(`run ${group.pid}\nrun ${spared.pid}\nmade ${folder}\n`);
  guardian.stdin.end(`ended ${spared.pid}\n`);
  const [code] = await once(guardian, "exit");
  expect(code).toBe(0);
  await waitFor(() => group.signalCode === "SIGKILL", { what: "the guarded program to be killed" });
  expect(existsSync(folder)).toBe(false);
  expect(spared.signalCode).toBe(null);
  spared.kill("SIGKILL");
});

it("hands out no port twice", async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, reservePort));
  expect(new Set(ports.map(({ port }) => port)).size).toBe(200);
});
