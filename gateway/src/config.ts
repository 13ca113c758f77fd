/** The gateway's configuration: one table of settings, and what is made of it. */
export { parseGrant } from "./config/checks.js";
export { CLIENT_VARIABLES, CONFIG_VARIABLE, type Environment } from "./config/entries.js";
export {
  type Flags,
  type Option,
  type Options,
  parseFlags,
  type SettingFlags,
} from "./config/flags.js";
export { Misfit, spellOut } from "./config/kinds.js";
export {
  ConfigError,
  type LoadedConfig,
  loadConfig,
  readConfig,
  type Sources,
} from "./config/load.js";
export { configurationReference } from "./config/markdown.js";
export { maskCredentials } from "./config/mask.js";

export { environmentName, flagName } from "./config/names.js";
export { type Requirement, warnings } from "./config/rules.js";
export {
  type Config,
  SETTING_NAMES,
  type SettingName,
  settingOf,
} from "./config/settings.js";
export { didYouMean } from "./config/suggest.js";
export { formatDuration, formatSize, parseDuration } from "./config/units.js";
