import type { Channel } from "../../stream/channel.js";
import { plain, visibleText } from "../../text/visible.js";
import { CloseIcon } from "../../ui/icons.js";

interface ChannelChipsProps {
  readonly channels: readonly Channel[];
  readonly onUnwatch: (channel: string) => void;
}

const STATES = { pending: "waiting", live: "watching", refused: "refused" } as const;

/** The watched channels, each with its state in words and a way to let go of it. */
export function ChannelChips({ channels, onUnwatch }: ChannelChipsProps) {
  return (
    <ul class="chips chips--channels" aria-label="Watched channels">
      {channels.map(({ name, state, fault }) => {
        const shown = plain(visibleText(name));
        return (
          <li key={name} class={`chip chip--${state}`} title={fault ?? shown}>
            <span class="chip__mark" aria-hidden="true" />
            <span class="chip__name mono">{shown}</span>
            <span class={state === "live" ? "unseen" : "chip__state"}>{STATES[state]}</span>
            <button
              type="button"
              class="chip__close"
              aria-label={`Stop watching ${shown}`}
              onClick={() => onUnwatch(name)}
            >
              <CloseIcon />
            </button>
          </li>
        );
      })}
    </ul>
  );
}
