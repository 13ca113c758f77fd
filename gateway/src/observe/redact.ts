/** A JSON Web Token, wherever in a line it stands. */
const TOKEN = /eyJ[\w-]{4,}\.[\w-]+\.[\w-]*/g;
/** The user and password of a URL. */
const CREDENTIALS = /([a-z][a-z+]*:\/\/)[^\s/"'@]*@/gi;

/**
 * A log line without tokens and passwords, whoever let them in: error messages of libraries quote
 * what they were given.
 */
export function redact(line: string): string {
  return line.replaceAll(TOKEN, "[token]").replaceAll(CREDENTIALS, "$1***@");
}
