import { Fault } from "../lib/main.mjs";

/** As in package.json's `engines`: the first with all that the tools need. */
const OLDEST = [20, 19];

/** @param {string} [version] */
export function checkNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new Fault(
    `Keywire needs Node ${OLDEST.join(".")} or later, and this is Node ${version}: install a newer one from your system's packages or https://nodejs.org.`,
  );
}
