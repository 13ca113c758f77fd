import { alone } from "../lib/lock.mjs";
import { ensurePrograms, missingOf } from "./install.mjs";
import { checkNode } from "./node.mjs";
import { ensurePackages, packagesToInstall } from "./packages.mjs";
import { CHROMIUM, RABBITMQ, REDIS } from "./programs.mjs";

/**
 * Provides what the project needs on this machine, and does nothing where it is all there.
 *
 * @param {{ tests: boolean }} options with `tests`, what only the tests need as well
 * @throws {import("../lib/main.mjs").Fault}
 */
export async function setUp({ tests }) {
  checkNode();
  const programs = tests ? [REDIS, CHROMIUM, RABBITMQ] : [REDIS];
  if (!packagesToInstall() && missingOf(programs).length === 0) return;
  await alone("set-up", async () => {
    await ensurePackages();
    await ensurePrograms(programs);
  });
}
