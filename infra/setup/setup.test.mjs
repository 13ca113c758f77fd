import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../lib/root.mjs";
import { checkNode } from "./node.mjs";

const SETUP = join(ROOT, "infra/setup.mjs");

it.each(["20.18.3", "18.20.0", "8.0.0"])("refuses Node %s in a sentence", (version) => {
  expect(() => checkNode(version)).toThrow(`this is Node ${version}: install a newer one`);
});

it.each(["20.19.0", "22.0.0", "26.1.0"])("takes Node %s", (version) => {
  expect(() => checkNode(version)).not.toThrow();
});

it("says what is missing where it cannot install it, and fails", () => {
  const empty = mkdtempSync(join(tmpdir(), "keywire-path-"));
  const env = { ...process.env, PATH: empty };
  const { status, stderr } = spawnSync(process.execPath, [SETUP], { env, encoding: "utf8" });
  rmSync(empty, { recursive: true });
  expect(stderr).toMatch(
    /^Keywire needs a Redis-compatible server, and finds neither apt nor brew/,
  );
  expect(stderr).toContain("put valkey-server or redis-server on the PATH");
  expect(status).toBe(1);
});

it("does nothing, at once, where everything is there", () => {
  const start = performance.now();
  const { status, stdout } = spawnSync(process.execPath, [SETUP], { encoding: "utf8" });
  expect(stdout).toBe("Everything is there.\n");
  expect(status).toBe(0);
  expect(performance.now() - start).toBeLessThan(1_000);
});
