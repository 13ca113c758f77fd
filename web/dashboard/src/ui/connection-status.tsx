import type { Connection } from "../stream/channel.js";

const WORDS: Readonly<Record<Connection["kind"], string>> = {
  connecting: "Connecting",
  open: "Connected",
  waiting: "Reconnecting",
  failed: "Disconnected",
};

/** The connection in words, announced when it changes; the dot only underlines them. */
export function ConnectionStatus({ connection }: { readonly connection: Connection }) {
  const { kind } = connection;
  return (
    <output
      class={`status status--${kind}`}
      title={kind === "failed" ? connection.reason : undefined}
    >
      <span class="status__dot" aria-hidden="true" />
      {WORDS[kind]}
    </output>
  );
}
