// Outlives the test process by a moment: when its input ends, for whatever reason (SIGKILL
// included), it kills the process groups and removes the folders that are still registered.
// Lines: `run <pid>`, `ended <pid>`, `made <folder>`, `removed <folder>`.
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";

const groups = new Set();
const folders = new Set();

/** @param {string} line */
function obey(line) {
  const space = line.indexOf(" ");
  const value = line.slice(space + 1);
  switch (line.slice(0, space)) {
    case "run":
      groups.add(Number(value));
      break;
    case "ended":
      groups.delete(Number(value));
      break;
    case "made":
      folders.add(value);
      break;
    case "removed":
      folders.delete(value);
      break;
    default:
      throw new Error(`the guardian does not know "${line}"`);
  }
}

/** @param {number} pid */
function killGroup(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    const gone = error instanceof Error && "code" in error && error.code === "ESRCH";
    if (!gone) throw error;
  }
}

for await (const line of createInterface({ input: process.stdin })) obey(line);
for (const pid of groups) killGroup(pid);
for (const folder of folders) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}
