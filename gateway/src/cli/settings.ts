import { verificationKey } from "../auth/keys.js";
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
  checkAlgorithms(loaded);
  return loaded;
}

/** Which algorithms go with a key, only the key's own type tells. */
function checkAlgorithms({ config, origins }: LoadedConfig): void {
  const algorithms = origins.get("jwtAlgorithms");
  if (algorithms === undefined) return;
  if ((config.jwtSecret ?? config.jwtPublicKey ?? config.jwtJwksUrl) === undefined) return;
  try {
    verificationKey(config);
  } catch (error) {
    throw new ConfigError([`${algorithms} does not fit: ${reasonOf(error)}`]);
  }
}
