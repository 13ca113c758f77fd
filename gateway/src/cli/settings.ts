import {
  type Environment,
  type LoadedConfig,
  type Requirement,
  readConfig,
  type SettingFlags,
} from "../config.js";
import { parseRedisUrl } from "../keyspace/target.js";

/** The configuration for a command whose flags were read, and where each value came from. */
export function readSettings(
  env: Environment,
  flags: SettingFlags,
  requires: readonly Requirement[],
  dev = false,
): LoadedConfig {
  return readConfig({ env, flags, requires, dev, checkRedis: parseRedisUrl });
}
