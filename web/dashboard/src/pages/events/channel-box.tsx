import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { channelFault, channelGuess } from "../../stream/name.js";
import { SuggestedChannels } from "./suggested-channels.js";

interface ChannelBoxProps {
  readonly input: RefObject<HTMLInputElement | null>;
  /** Channels worth trying that are not watched yet. */
  readonly suggestions: readonly string[];
  readonly onWatch: (channel: string) => void;
}

/** Where one types what to watch; what is wrong with it stands beneath. */
export function ChannelBox({ input, suggestions, onWatch }: ChannelBoxProps) {
  const text = useSignal("");
  const fault = useSignal<string | null>(null);
  const watch = (name: string) => {
    fault.value = channelFault(name);
    if (fault.value !== null) return;
    text.value = "";
    onWatch(name);
  };
  return (
    <form
      class="channel-box"
      onSubmit={(event) => {
        event.preventDefault();
        watch(text.value);
      }}
    >
      <label class="label" for="channel">
        Watch a channel <kbd class="hint">/</kbd>
      </label>
      <div class="channel-box__line">
        <input
          id="channel"
          class="input input--mono"
          ref={input}
          value={text.value}
          placeholder="prefix:order:"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          enterkeyhint="go"
          aria-describedby="channel-help"
          aria-invalid={fault.value !== null}
          onInput={(event) => {
            text.value = event.currentTarget.value;
            // Once told, a fault is looked at again with each letter, so that it goes when it is mended.
            if (fault.value !== null) fault.value = channelFault(text.value);
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape") event.currentTarget.blur();
          }}
        />
        <button type="submit" class="button button--primary">
          Watch
        </button>
      </div>
      <div id="channel-help" class="channel-box__help">
        {fault.value === null ? (
          <SuggestedChannels channels={suggestions} onWatch={watch} />
        ) : (
          <Fault text={fault.value} guess={channelGuess(text.value)} onWatch={watch} />
        )}
      </div>
    </form>
  );
}

interface FaultProps {
  readonly text: string;
  readonly guess: string | null;
  readonly onWatch: (channel: string) => void;
}

function Fault({ text, guess, onWatch }: FaultProps) {
  return (
    <p class="fault" role="alert">
      {text}
      {guess !== null && (
        <>
          {" Did you mean "}
          <button type="button" class="link mono" onClick={() => onWatch(guess)}>
            {guess}
          </button>
          ?
        </>
      )}
    </p>
  );
}
