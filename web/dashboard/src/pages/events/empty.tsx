import type { Channel } from "../../stream/channel.js";
import { exampleCommand } from "./example-command.js";

interface EmptyProps {
  readonly channels: readonly Channel[];
  /** Rows kept that the filter hides. */
  readonly hidden: number;
}

/** What stands where rows would, and what to do about it. */
export function Empty({ channels, hidden }: EmptyProps) {
  return <div class="empty">{wording(channels, hidden)}</div>;
}

function wording(channels: readonly Channel[], hidden: number) {
  if (hidden > 0) return <p>No row passes the filter. Choose other events above.</p>;
  if (channels.length === 0) {
    return <p>No channel is watched yet. Type one above, or try one of those beneath it.</p>;
  }
  if (channels.every(({ state }) => state === "refused")) {
    return <p>The gateway refused every channel. The reason stands above.</p>;
  }
  const example = exampleCommand(channels.map(({ name }) => name));
  return (
    <>
      <p>Listening. Nothing has changed yet.</p>
      <p class="empty__hint">
        Change a key{example !== null && [", as in ", <code key="it">{example}</code>, ","]} and it
        shows here at once.
      </p>
    </>
  );
}
