/** What keys and channels of the gateways' own begin with: revoked tokens, leases, all libraries. */
export const OWN = "{keywire}:";
const BYTES = Buffer.from(OWN);

export function isOwn(name: string | Uint8Array): boolean {
  if (typeof name === "string") return name.startsWith(OWN);
  return name[0] === BYTES[0] && BYTES.equals(name.subarray(0, BYTES.length));
}
