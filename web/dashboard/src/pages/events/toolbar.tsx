import type { Reading } from "../../log/reading.js";
import { count } from "../../text/format.js";
import { ClearIcon, CopyIcon, PauseIcon, PlayIcon } from "../../ui/icons.js";

interface ToolbarProps {
  readonly reading: Reading;
  /** Rows that came since the list was paused. */
  readonly waiting: number;
  readonly onToggle: () => void;
  readonly onClear: () => void;
  readonly onCopy: () => void;
}

export function Toolbar({ reading, waiting, onToggle, onClear, onCopy }: ToolbarProps) {
  return (
    <fieldset class="toolbar">
      <legend class="unseen">Event list</legend>
      {reading === "paused" ? (
        <button type="button" class="button button--held" onClick={onToggle}>
          <PlayIcon />
          Resume
          <span class="button__count">
            {count(waiting)}
            <span class="wide-only"> waiting</span>
          </span>
        </button>
      ) : (
        <button type="button" class="button" title="Pause (space or p)" onClick={onToggle}>
          <PauseIcon />
          Pause
          <kbd class="hint">p</kbd>
        </button>
      )}
      <button type="button" class="button" title="Empty the list" onClick={onClear}>
        <ClearIcon />
        Clear
      </button>
      <button
        type="button"
        class="button"
        title="Copy the rows shown as NDJSON, oldest first"
        onClick={onCopy}
      >
        <CopyIcon />
        Copy<span class="wide-only"> NDJSON</span>
      </button>
    </fieldset>
  );
}
