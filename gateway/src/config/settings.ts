import type { Setting } from "./row.js";
import { AMQP } from "./settings/amqp.js";
import { CHANNELS } from "./settings/channels.js";
import { LIMITS } from "./settings/limits.js";
import { REDIS } from "./settings/redis.js";
import { SERVER } from "./settings/server.js";
import { SESSIONS } from "./settings/sessions.js";
import { SHARING } from "./settings/sharing.js";
import { TOKENS } from "./settings/tokens.js";
import { TRIGGERS } from "./settings/triggers.js";
import { VALUES } from "./settings/values.js";

/**
 * Every setting of the gateway, group by group. The environment (`KEYWIRE_REDIS`), the file (`redis`),
 * the flag (`--redis`), the validation and docs/configuration.md all come from here, in this order.
 * Durations are held in ms, sizes in bytes.
 */
export const SETTINGS = {
  ...SERVER,
  ...REDIS,
  ...TOKENS,
  ...CHANNELS,
  ...VALUES,
  ...TRIGGERS,
  ...AMQP,
  ...SESSIONS,
  ...SHARING,
  ...LIMITS,
} as const;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

type ValueOf<S> = S extends Setting<infer T> ? T : never;

/** The values of all settings: durations in ms, sizes in bytes. */
export type Settings = { readonly [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]> };

/** What the gateway runs with. */
export interface Config extends Settings {
  /** True under `keywire dev` alone. */
  readonly dev: boolean;
}

/** The row, its value's type forgotten: for code that treats all rows alike. */
export function settingOf(name: SettingName): Setting<unknown> {
  return SETTINGS[name] as Setting<unknown>;
}
