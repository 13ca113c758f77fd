import { utf8Decode, WireError } from "@keywire/shared";

/** What stands behind the first `?` of an address: globs in a query may hold more of them. */
export function queryOf(address: string): string {
  const mark = address.indexOf("?");
  return mark === -1 ? "" : address.slice(mark + 1);
}

/**
 * Reads a query.
 *
 * @throws WireError `bad_request` where it is not UTF-8: it would be read as if it named other keys
 */
export function readQuery(query: string): URLSearchParams {
  for (const [escapes] of query.matchAll(/(?:%[0-9a-f]{2})+/gi)) {
    if (utf8Decode(Buffer.from(escapes.replaceAll("%", ""), "hex")) !== null) continue;
    const message = `the query is not UTF-8 at ${escapes.slice(0, 30)}; such a key takes rawkey and base64url`;
    throw new WireError("bad_request", message);
  }
  return new URLSearchParams(query);
}
