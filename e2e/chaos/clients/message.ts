/** A message of the gateway, as far as the ledger reads it. */
export type Message =
  | { readonly type: "pong" }
  | { readonly type: "other" }
  | { readonly type: "error"; readonly id: unknown; readonly code: string }
  | {
      readonly type: "subscribed";
      readonly channel: string;
      readonly epoch: string;
      readonly offset: number;
      readonly resumed: boolean | undefined;
    }
  | {
      readonly type: "event";
      readonly channel: string;
      readonly offset: number;
      readonly event: string;
      readonly key: string;
      readonly time: number;
    }
  | {
      readonly type: "gap";
      readonly channel: string;
      readonly offset: number;
      readonly reason: string;
      readonly from: number;
      readonly to: number;
      readonly missed: number | null | undefined;
    };

const KNOWN = new Set(["pong", "error", "subscribed", "event", "gap"]);

/** @throws SyntaxError where it is no JSON */
export function parseMessage(text: string): Message {
  const message: { readonly type: string } = JSON.parse(text);
  return KNOWN.has(message.type) ? (message as Message) : { type: "other" };
}
