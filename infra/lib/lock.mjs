import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ROOT } from "./root.mjs";

/** ms between two attempts */
const RETRY_INTERVAL = 100;

/**
 * Runs `work` while no other run of this checkout is in a `work` of the same name. A lock whose
 * holder is dead is taken over.
 *
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function alone(name, work) {
  const lock = join(ROOT, `.keywire-${name}.lock`);
  if (!take(lock)) {
    console.log(`Waiting for another run that is at its ${name} (${lock}).`);
    while (!take(lock)) await pause(RETRY_INTERVAL);
  }
  const release = () => rmSync(lock, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

/**
 * A link appears at once with its content, so nobody ever reads a lock without a holder.
 *
 * @param {string} lock
 */
function take(lock) {
  const own = `${lock}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
  } finally {
    rmSync(own);
  }
  if (!isHeld(lock)) rmSync(lock, { force: true });
  return false;
}

/** @param {string} lock */
function isHeld(lock) {
  try {
    process.kill(Number(readFileSync(lock, "utf8")), 0);
    return true;
  } catch (error) {
    if (isCode(error, "EPERM")) return true;
    if (isCode(error, "ESRCH") || isCode(error, "ENOENT")) return false;
    throw error;
  }
}

/**
 * @param {unknown} error
 * @param {string} code
 */
function isCode(error, code) {
  return error instanceof Error && "code" in error && error.code === code;
}
