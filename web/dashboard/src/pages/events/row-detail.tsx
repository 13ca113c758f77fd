import { toNdjson } from "../../log/ndjson.js";
import type { Row } from "../../log/row.js";
import { copyText } from "../../ui/clipboard.js";
import { CloseIcon } from "../../ui/icons.js";
import { say } from "../../ui/toast.js";
import { Facts } from "./facts.js";
import { channelOfKey } from "./key-channel.js";

interface RowDetailProps {
  readonly row: Row;
  readonly onClose: () => void;
  readonly onWatch: (channel: string) => void;
}

/** All that is known of one row, with its whole key. */
export function RowDetail({ row, onClose, onWatch }: RowDetailProps) {
  const copy = () =>
    copyText(toNdjson([row])).then(
      () => say("Copied as JSON."),
      (error: Error) => say(`Not copied: ${error.message}.`, "error"),
    );
  const own = row.kind === "event" ? channelOfKey(row.message) : null;
  return (
    <aside class="detail" aria-label="Details of the selected row">
      <header class="detail__head">
        <h2>{TITLES[row.kind]}</h2>
        <button
          type="button"
          class="button button--quiet button--icon"
          aria-label="Close the details"
          title="Close (Esc)"
          onClick={onClose}
        >
          <CloseIcon />
        </button>
      </header>
      <div class="detail__body">
        <Facts row={row} />
      </div>
      <footer class="detail__foot">
        <button type="button" class="button" onClick={copy}>
          Copy JSON
        </button>
        {own !== null && (
          <button type="button" class="button" onClick={() => onWatch(own)}>
            Watch this key
          </button>
        )}
      </footer>
    </aside>
  );
}

const TITLES: Readonly<Record<Row["kind"], string>> = {
  event: "Event",
  gap: "Gap",
  notice: "Notice",
};
