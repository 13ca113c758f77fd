/** How each place spells a setting's name; the file uses the name itself. */

/** `KEYWIRE_JWT_SECRET` for `jwtSecret`. */
export function environmentName(name: string): string {
  return `KEYWIRE_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** `--jwt-secret` for `jwtSecret`. */
export function flagName(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `jwtSecretFile`, the setting that names a file to read `jwtSecret` from. */
export function fileVariant(name: string): string {
  return `${name}File`;
}
