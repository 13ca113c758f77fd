/** One channel of the channel box. */
export interface Channel {
  readonly name: string;
  readonly state: "pending" | "live" | "refused";
  /** Why it was refused, one sentence. */
  readonly fault: string | null;
}

/** The connection to the gateway, as the page names it. */
export type Connection =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  /** Lost; another attempt follows by itself. */
  | { readonly kind: "waiting" }
  /** Given up: nothing happens until somebody signs in again or reloads. */
  | { readonly kind: "failed"; readonly reason: string };
