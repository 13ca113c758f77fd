import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { keywire } from "./keywire.js";

const COMMANDS = ["start", "dev", "token", "watch", "libraries", "doctor", "config"];

it.each([["--help"], ["-h"], ["help"]])("keywire %s lists the commands", async (flag) => {
  const { code, stdout, stderr } = await keywire([flag]);
  expect(code).toBe(0);
  expect(stderr).toBe("");
  for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} +\\w`, "m"));
});

it("keywire --version tells the package's version", async () => {
  const manifest = new URL("../../gateway/package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, "utf8"));
  expect(await keywire(["--version"])).toEqual({
    code: 0,
    stdout: `keywire ${version}\n`,
    stderr: "",
  });
});

it.each(COMMANDS)("keywire help %s and its --help are the same", async (command) => {
  const help = await keywire(["help", command]);
  expect(help.code).toBe(0);
  expect(help.stdout).toContain(`Usage: keywire ${command}`);
  expect(await keywire([command, "--help"])).toEqual(help);
  for (const line of help.stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(110);
});

it("without a command it tells how it is used, as a fault", async () => {
  const { code, stdout, stderr } = await keywire([]);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain("Usage: keywire COMMAND");
});

it("an unknown command is a fault with the nearest one", async () => {
  const { code, stderr } = await keywire(["dcotor"]);
  expect(code).toBe(2);
  expect(stderr).toBe(
    'keywire: "dcotor" is no command; did you mean doctor?; `keywire --help` lists what there is\n',
  );
});
