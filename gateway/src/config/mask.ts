/** Longer values are cut where a fault quotes them. */
const SHOWN_CHARACTERS = 80;

export function hide(): string {
  return "(hidden)";
}

/** A URL without its user and password; everything up to the last `@` goes, however odd the URL. */
export function maskCredentials(url: string): string {
  return url.replace(/^((?:[a-z+]+:\/\/)?).*@/is, "$1***@");
}

/** A value as a fault quotes it. */
export function quote(input: unknown): string {
  const written = JSON.stringify(input) ?? String(input);
  return written.length <= SHOWN_CHARACTERS
    ? written
    : `${written.slice(0, SHOWN_CHARACTERS)}… (${written.length} characters)`;
}
