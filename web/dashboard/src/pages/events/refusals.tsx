import type { Channel } from "../../stream/channel.js";
import { plain, visibleText } from "../../text/visible.js";

/** Characters of a channel's name: enough to tell which one it is, so that the reason stays in sight. */
const LONGEST_NAME = 60;

/** Why the gateway refused channels that are still in the box. */
export function Refusals({ channels }: { readonly channels: readonly Channel[] }) {
  const refused = channels.filter(({ fault }) => fault !== null);
  if (refused.length === 0) return null;
  return (
    <ul class="refusals" role="alert">
      {refused.map(({ name, fault }) => (
        <li key={name} class="fault">
          <b class="mono">{plain(visibleText(name, LONGEST_NAME))}</b>{" "}
          {plain(visibleText(fault ?? ""))}
        </li>
      ))}
    </ul>
  );
}
