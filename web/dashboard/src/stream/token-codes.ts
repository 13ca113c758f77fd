const TOKEN_CODES: ReadonlySet<string> = new Set(["unauthorized", "token_expired"]);

/** Whether an error is one that only a new token mends. */
export function needsToken(code: string): boolean {
  return TOKEN_CODES.has(code);
}
