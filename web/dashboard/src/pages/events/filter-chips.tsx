import { offeredEvents } from "../../log/offered-events.js";
import { eventKind } from "../../text/event-kind.js";
import { count } from "../../text/format.js";

interface FilterChipsProps {
  /** Kept rows per event name. */
  readonly counts: ReadonlyMap<string, number>;
  readonly filter: ReadonlySet<string>;
  readonly onFilter: (events: ReadonlySet<string>) => void;
}

/** The event names that came up, with their counts; pressing some shows these alone. */
export function FilterChips({ counts, filter, onFilter }: FilterChipsProps) {
  const toggle = (event: string) => {
    const next = new Set(filter);
    if (!next.delete(event)) next.add(event);
    onFilter(next);
  };
  return (
    <fieldset class="chips chips--filter">
      <legend class="unseen">Show only these events</legend>
      <button
        type="button"
        class="chip chip--filter"
        aria-pressed={filter.size === 0}
        onClick={() => onFilter(new Set())}
      >
        All events
      </button>
      {offeredEvents(counts, filter).map(([event, kept]) => (
        <button
          key={event}
          type="button"
          class={`chip chip--filter kind kind--${eventKind(event)}`}
          aria-pressed={filter.has(event)}
          onClick={() => toggle(event)}
        >
          <span class="mono">{event}</span>
          <span class="chip__count">{count(kept)}</span>
        </button>
      ))}
    </fieldset>
  );
}
