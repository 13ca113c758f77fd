import { spawn } from "node:child_process";
import { constants } from "node:os";
import { ROOT } from "./root.mjs";

/** @type {readonly NodeJS.Signals[]} */
const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs a program in the project's root with this terminal, and waits for it. A signal that ends
 * this process is passed on first, so that nothing goes on alone behind its back.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, stdio?: import("node:child_process").StdioOptions }} [options]
 * @returns {Promise<number>} the exit code; 128 plus the signal's number where one ended it
 */
export function run(command, args, { env = process.env, stdio = "inherit" } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, env, stdio });
    const stopForwarding = forwardSignals(child);
    child.once("error", (error) => {
      stopForwarding();
      reject(new Error(`${command} could not be started: ${error.message}`));
    });
    child.once("exit", (code, signal) => {
      const asked = stopForwarding();
      if (asked) process.exit(exitCode(null, asked));
      resolve(exitCode(code, signal));
    });
  });
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @returns {() => NodeJS.Signals | undefined} ends the forwarding; says which signal came, if any
 */
function forwardSignals(child) {
  /** @type {NodeJS.Signals | undefined} */
  let asked;
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    asked = signal;
    child.kill(signal);
  };
  for (const signal of ENDING_SIGNALS) process.on(signal, forward);
  return () => {
    for (const signal of ENDING_SIGNALS) process.off(signal, forward);
    return asked;
  };
}

/**
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 */
function exitCode(code, signal) {
  return code ?? 128 + (signal ? constants.signals[signal] : 0);
}
