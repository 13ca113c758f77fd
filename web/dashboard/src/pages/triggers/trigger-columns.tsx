import { count, millis } from "../../text/format.js";
import { plain, visibleText } from "../../text/visible.js";
import type { Column } from "../../ui/data-table.js";
import { KeyText } from "../../ui/key-text.js";
import type { TriggerState } from "./state.js";

/** Characters or bytes of a prefix. */
const LONGEST_PREFIX = 60;
/** Characters of a description. */
const LONGEST_ABOUT = 160;

/** A trigger, and by how much it moved with the last answer. */
export interface TriggerRow {
  readonly trigger: TriggerState;
  readonly moved: number;
}

/** @param onOpen shows the library of a trigger */
export function triggerColumns(onOpen: (library: string) => void): Column<TriggerRow>[] {
  return [
    {
      name: "Trigger",
      look: "data__main",
      cell: ({ trigger }) => <Name trigger={trigger} onOpen={onOpen} />,
    },
    { name: "Keys", look: "data__keys", cell: ({ trigger }) => <Prefix trigger={trigger} /> },
    { name: "Events", look: "data__extra", cell: ({ trigger }) => <Wants trigger={trigger} /> },
    {
      name: "Triggered",
      look: "data__figure",
      cell: ({ trigger, moved }) => (
        <>
          {moved > 0 && <span class="trigger__more">+{count(moved)} </span>}
          <strong>{count(trigger.triggered)}</strong>
        </>
      ),
    },
    {
      name: "Finished",
      look: "data__extra data__figure",
      cell: ({ trigger }) => count(trigger.finished),
    },
    {
      name: "Success",
      look: "data__extra data__figure",
      cell: ({ trigger }) => (trigger.success === null ? "–" : count(trigger.success)),
    },
    {
      name: "Failed",
      look: "data__figure",
      cell: ({ trigger: { failed } }) => (
        <span class={failed !== null && failed > 0 ? "trigger__failed" : undefined}>
          {failed === null ? "–" : count(failed)}
        </span>
      ),
    },
    {
      name: "Average",
      look: "data__figure",
      cell: ({ trigger }) => (trigger.finished === 0 ? "–" : millis(trigger.averageTime)),
    },
    {
      name: "Last",
      look: "data__extra data__figure",
      cell: ({ trigger }) => (trigger.finished === 0 ? "–" : millis(trigger.lastTime)),
    },
  ];
}

interface NameProps {
  readonly trigger: TriggerState;
  readonly onOpen: (library: string) => void;
}

function Name({ trigger, onOpen }: NameProps) {
  const { library, name, description, kind } = trigger;
  return (
    <>
      <button type="button" class="trigger__name" onClick={() => onOpen(library)}>
        {name}
      </button>
      {kind === "stream" && <span class="tag">stream</span>}
      {description !== null && (
        <span class="trigger__about">{plain(visibleText(description, LONGEST_ABOUT))}</span>
      )}
      {/* Where there is no column for them. */}
      <span class="trigger__beneath">
        <Prefix trigger={trigger} />
      </span>
    </>
  );
}

function Prefix({ trigger: { prefix } }: { readonly trigger: TriggerState }) {
  if (prefix === undefined) return <>?</>;
  if (prefix.key === "") return <span class="trigger__any">all keys</span>;
  return (
    <span class="mono">
      <KeyText of={prefix} longest={LONGEST_PREFIX} />
    </span>
  );
}

function Wants({ trigger: { kind, of, lag } }: { readonly trigger: TriggerState }) {
  if (of === null) return <span class="trigger__any">all</span>;
  if (kind === "key") return <>{of.join(", ")}</>;
  const streams = of.length === 1 ? "1 stream" : `${count(of.length)} streams`;
  return (
    <span title={of.join("\n")}>
      {streams}
      {lag !== null && `, ${millis(lag)} behind`}
    </span>
  );
}
