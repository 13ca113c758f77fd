// Outlives the test process by a moment: when its input ends, for whatever reason (SIGKILL
// included), it kills the process groups and removes the folders that are still registered.
// Lines: `run <pid>`, `ended <pid>`, `made <folder>`, `removed <folder>`.
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";

const pids = new Set();
const folders = new Set();
const orders = {
  run: (value) => pids.add(Number(value)),
  ended: (value) => pids.delete(Number(value)),
  made: (value) => folders.add(value),
  removed: (value) => folders.delete(value),
};

function killGroup(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const space = line.indexOf(" ");
  orders[line.slice(0, space)](line.slice(space + 1));
}
for (const pid of pids) killGroup(pid);
for (const folder of folders) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}
