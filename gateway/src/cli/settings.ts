import { verificationKey } from "../auth/keys.js";
import { parseRoles } from "../auth/roles.js";
import {
  ConfigError,
  type Environment,
  type LoadedConfig,
  type Requirement,
  readConfig,
  type SettingFlags,
} from "../config.js";
import { parseRedisUrl } from "../keyspace/target.js";
import { reasonOf } from "./output.js";

/** The configuration for a command whose flags were read, and where each value came from. */
export function readSettings(
  env: Environment,
  flags: SettingFlags,
  requires: readonly Requirement[],
  dev = false,
): LoadedConfig {
  const loaded = readConfig({ env, flags, requires, dev, checkRedis: parseRedisUrl });
  const faults = tokenFaults(loaded);
  if (faults.length > 0) throw new ConfigError(faults);
  return loaded;
}

/** Which key, algorithms and roles can be used, only what reads them tells. */
function tokenFaults({ config, origins }: LoadedConfig): string[] {
  const { jwtSecret, jwtPublicKey, jwtJwksUrl, roles } = config;
  const faults = faultOf(`${origins.get("roles")} cannot be used`, () => parseRoles(roles ?? {}));
  if ((jwtSecret ?? jwtPublicKey ?? jwtJwksUrl) === undefined) return faults;
  const ofKey = faultOf(`${origins.get("jwtPublicKey")} cannot be used`, () =>
    verificationKey({ ...config, jwtAlgorithms: undefined }),
  );
  if (ofKey.length > 0) return [...ofKey, ...faults];
  const algorithms = `${origins.get("jwtAlgorithms")} does not fit`;
  return [...faultOf(algorithms, () => verificationKey(config)), ...faults];
}

function faultOf(what: string, read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch (error) {
    return [`${what}: ${reasonOf(error)}`];
  }
}
