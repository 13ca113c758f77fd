import { Fault } from "../lib/main.mjs";
import { run } from "../lib/run.mjs";
import { aptCommand, asRoot, installWithApt } from "./apt.mjs";
import { find, locate } from "./programs.mjs";

/** @typedef {import("./programs.mjs").SystemProgram} SystemProgram */

/** @param {readonly SystemProgram[]} programs */
export function missingOf(programs) {
  return programs.filter((program) => !find(program));
}

/**
 * Installs those of the programs that are missing, with the system's package manager.
 *
 * @param {readonly SystemProgram[]} programs
 */
export async function ensurePrograms(programs) {
  const missing = missingOf(programs);
  if (missing.length === 0) return;
  await install(missing);
  const still = missingOf(missing);
  if (still.length > 0) {
    const names = still.flatMap((program) => program.names).join(", ");
    throw new Fault(`After the install there is still none of these programs: ${names}.`);
  }
}

/** @param {readonly SystemProgram[]} missing */
async function install(missing) {
  const what = missing.map((program) => program.what).join(" and ");
  if (locate("apt-get")) {
    const root = asRoot();
    if (!root) throw runThis(what, aptCommand(missing));
    console.log(`Installing ${what} with apt, because it is not on the PATH.`);
    return installWithApt(missing, root);
  }
  if (locate("brew")) {
    console.log(`Installing ${what} with brew, because it is not on the PATH.`);
    for (const { brew } of missing) await installWithBrew(brew);
    return;
  }
  const names = missing.map((program) => program.names.join(" or ")).join(", and ");
  throw new Fault(
    `Keywire needs ${what}, and finds neither apt nor brew to install it with: put ${names} on the PATH, then run this again.`,
  );
}

/** @param {readonly string[]} args */
async function installWithBrew(args) {
  const code = await run("brew", ["install", ...args]);
  if (code === 0) return;
  throw new Fault(`\`brew install ${args.join(" ")}\` failed with exit code ${code}.`);
}

/**
 * @param {string} what
 * @param {string} command
 */
function runThis(what, command) {
  return new Fault(
    `Keywire needs ${what}, and may not install it: run this command, then run this again.\n\n    ${command}\n`,
  );
}
