import { spawnSync } from "node:child_process";
import { Fault } from "../lib/main.mjs";
import { run } from "../lib/run.mjs";
import { locate } from "./programs.mjs";

/** Where Debian looks for leave to start a service. */
const POLICY = "/usr/sbin/policy-rc.d";

/**
 * Debian starts a server's service as soon as it is installed, unless the policy forbids it, and
 * again at each boot, unless it is disabled. The tests start servers of their own, so it shall do
 * neither. The policy is there for the time of the install only; one that somebody else put
 * there stays.
 *
 * @param {readonly string[]} packages
 * @param {readonly string[]} services
 */
export const installScript = (packages, services, policy = POLICY) => `set -e
export DEBIAN_FRONTEND=noninteractive
if [ ! -e ${policy} ]; then
  trap 'rm -f ${policy}' EXIT
  trap 'exit 130' INT HUP
  trap 'exit 143' TERM
  printf '#!/bin/sh\\nexit 101\\n' >${policy}
  chmod 755 ${policy}
fi
apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=300 ${packages.join(" ")}
for service in ${services.join(" ")}; do
  if [ -e "/lib/systemd/system/$service" ]; then systemctl disable --quiet "$service"; fi
done
`;

/** @param {readonly import("./programs.mjs").SystemProgram[]} programs */
export function aptCommand(programs) {
  const packages = programs.map(({ apt }) => apt[0]).join(" ");
  return `sudo apt-get update && sudo apt-get install --yes ${packages}`;
}

/** @returns {string[] | undefined} what goes ahead of a command to run it as root */
export function asRoot() {
  if (process.getuid?.() === 0) return [];
  const sudo = locate("sudo");
  if (!sudo) return undefined;
  const { status } = spawnSync(sudo, ["-n", "true"], { stdio: "ignore" });
  return status === 0 ? [sudo, "-n"] : undefined;
}

/**
 * @param {readonly import("./programs.mjs").SystemProgram[]} programs
 * @param {readonly string[]} root from `asRoot`
 */
export async function installWithApt(programs, root) {
  await runAsRoot(root, ["apt-get", "update", "-o", "DPkg::Lock::Timeout=300"]);
  const packages = programs.map(availablePackage);
  const services = programs.flatMap((program) => program.services);
  await runAsRoot(root, ["sh", "-c", installScript(packages, services)]);
}

/** @param {import("./programs.mjs").SystemProgram} program */
function availablePackage({ what, apt }) {
  const name = apt.find(hasCandidate);
  if (name) return name;
  throw new Fault(`apt has no package for ${what}: none of ${apt.join(", ")} can be had.`);
}

/** @param {string} name */
function hasCandidate(name) {
  const env = { ...process.env, LC_ALL: "C" };
  const { stdout } = spawnSync("apt-cache", ["policy", name], { encoding: "utf8", env });
  return /^ {2}Candidate: (?!\(none\))/m.test(stdout);
}

/**
 * @param {readonly string[]} root
 * @param {readonly string[]} command
 */
async function runAsRoot(root, command) {
  const [program = "", ...args] = [...root, ...command];
  const code = await run(program, args);
  const words = command.slice(0, 2).join(" ");
  if (code !== 0) throw new Fault(`\`${words}\` failed with exit code ${code}; see above.`);
}
