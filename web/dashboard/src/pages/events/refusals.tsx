import type { Channel } from "../../stream/channel.js";

/** Why the gateway refused channels that are still in the box. */
export function Refusals({ channels }: { readonly channels: readonly Channel[] }) {
  const refused = channels.filter(({ fault }) => fault !== null);
  if (refused.length === 0) return null;
  return (
    <ul class="refusals" role="alert">
      {refused.map(({ name, fault }) => (
        <li key={name} class="fault">
          <span class="mono">{name}</span>: {fault}
        </li>
      ))}
    </ul>
  );
}
