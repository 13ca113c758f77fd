import { describe, expect, it } from "vitest";
import { ROOT } from "../lib/root.mjs";
import { cycles } from "./cycles.mjs";
import { undeclared } from "./declared.mjs";
import { layerFaults } from "./layers.mjs";
import { readModules, specifiersIn } from "./modules.mjs";
import { ruleFaults } from "./rules.mjs";

it("the project keeps to its layers", () => {
  expect(layerFaults(ROOT)).toEqual([]);
});

/**
 * @param {string} path
 * @param {string} target a path of the project where it has a slash and an extension
 */
function importing(path, target) {
  const imported = /\/.*\.tsx?$/.test(target) ? { file: target } : { packageName: target };
  return { path, imports: [{ specifier: target, ...imported }] };
}

describe("the rules", () => {
  it.each([
    ["shared/src/glob.ts", "node:buffer"],
    ["shared/src/glob.ts", "ws"],
    ["shared/src/testing/clock.ts", "gateway/src/app.ts"],
    ["gateway/src/hub/hub.ts", "node:timers"],
    ["gateway/src/hub/hub.ts", "gateway/src/keyspace/feed.ts"],
    ["gateway/src/session/session.ts", "gateway/src/hub/hub.ts"],
    ["gateway/src/session/session.ts", "gateway/src/config.ts"],
    ["gateway/src/transport/socket.ts", "gateway/src/app.ts"],
    ["gateway/src/sinks/amqp.ts", "@keywire/gateway"],
    ["gateway/src/http/routes.ts", "@keywire/client"],
    ["gateway/src/http/routes.ts", "shared/src/index.ts"],
    ["web/sdk/src/connection.ts", "preact"],
    ["web/sdk/src/connection.ts", "node:events"],
    ["web/dashboard/src/main.tsx", "@keywire/gateway"],
    ["web/dashboard/src/main.tsx", "web/sdk/src/index.ts"],
    ["e2e/cluster.test.ts", "gateway/src/app.ts"],
  ])("refuse that %s imports %s", (path, target) => {
    expect(ruleFaults([importing(path, target)])).toHaveLength(1);
  });

  it.each([
    ["shared/src/glob.ts", "shared/src/bytes.ts"],
    ["gateway/src/hub/hub.ts", "@keywire/shared"],
    ["gateway/src/keyspace/link.ts", "ioredis"],
    ["gateway/src/config/load.ts", "gateway/src/config.ts"],
    ["gateway/src/app.ts", "gateway/src/hub/hub.ts"],
    ["gateway/src/app/wiring.ts", "gateway/src/session/session.ts"],
    ["gateway/src/cli/start.ts", "gateway/src/app.ts"],
    ["gateway/src/cli/watch.ts", "@keywire/client"],
    ["gateway/src/session/session.test.ts", "gateway/src/hub/hub.ts"],
    ["web/sdk/src/connection.ts", "@keywire/shared"],
    ["web/dashboard/src/main.tsx", "@keywire/client"],
    ["e2e/cluster.test.ts", "e2e/support/index.ts"],
  ])("allow that %s imports %s", (path, target) => {
    expect(ruleFaults([importing(path, target)])).toEqual([]);
  });
});

it("packages must be declared, tools for tests alone", () => {
  const manifests = new Map([
    ["", { name: "keywire", devDependencies: { vitest: "4" } }],
    ["gateway", { name: "@keywire/gateway", dependencies: { ws: "8" } }],
  ]);
  const modules = ["ws", "node:fs", "vitest", "left-pad"].flatMap((name) => [
    importing("gateway/src/a.ts", name),
    importing("gateway/src/a.test.ts", name),
  ]);
  expect(undeclared(modules, manifests)).toEqual([
    'gateway/src/a.ts imports "vitest", which gateway/package.json does not declare',
    'gateway/src/a.ts imports "left-pad", which gateway/package.json does not declare',
    'gateway/src/a.test.ts imports "left-pad", which gateway/package.json does not declare',
  ]);
});

it("cycles are found, each once", () => {
  const [a, b, c] = ["shared/src/a.ts", "shared/src/b.ts", "shared/src/c.ts"];
  const modules = [importing(a, b), importing(b, c), importing(c, b)];
  expect(cycles(modules)).toEqual([`import cycle: ${b} → ${c} → ${b}`]);
  expect(cycles(modules.slice(0, 2))).toEqual([]);
});

it("imports are traced to the files they mean", () => {
  const index = readModules(ROOT, ["shared"]).find(({ path }) => path === "shared/src/index.ts");
  expect(index?.imports).toContainEqual({ specifier: "./glob.js", file: "shared/src/glob.ts" });
});

it("imports of every form are read", () => {
  const text = `
    import "a"; import b from "b"; import type { C } from "c"; import { type D } from "d";
    export * from "e"; export { f } from "f"; export type { G } from "g";
    const h = await import("h"); type I = import("i").I;
    // import "j";
    const k = 'import "k"';
  `;
  expect(specifiersIn("x.ts", text).sort()).toEqual([..."abcdefghi"]);
});
