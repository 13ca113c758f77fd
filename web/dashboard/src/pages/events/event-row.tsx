import type { EventMessage } from "@keywire/shared";
import type { ComponentChildren } from "preact";
import type { Row } from "../../log/row.js";
import { eventKind } from "../../text/event-kind.js";
import { clockTime } from "../../text/format.js";
import { gapText } from "../../text/gap.js";
import { plain, visibleText } from "../../text/visible.js";
import { KeyText } from "../../ui/key-text.js";

/** Characters of a key in a row: more than fits the widest screen. */
const LONGEST_KEY = 300;

interface EventRowProps {
  readonly row: Row;
  /** Its place in the list, 0 being the newest. */
  readonly index: number;
  readonly selected: boolean;
}

export const rowId = (id: number) => `row-${id}`;

/** One line of the table: an event, or a gap or notice across the whole width. */
export function EventRow({ row, index, selected }: EventRowProps) {
  return (
    <tr
      id={rowId(row.id)}
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-index={index}
      class={`row row--${tone(row)}`}
    >
      <td class="row__time">{clockTime(row.time)}</td>
      <Cells row={row} />
    </tr>
  );
}

function Cells({ row }: { readonly row: Row }) {
  switch (row.kind) {
    case "event":
      return <EventCells message={row.message} />;
    case "gap":
      return (
        <Note word="Gap" channel={row.message.channel}>
          {gapText(row.message)}
        </Note>
      );
    case "notice":
      return (
        <Note word={row.notice.level === "error" ? "Error" : "Note"} channel={null}>
          {plain(visibleText(row.notice.text))}
        </Note>
      );
  }
}

function EventCells({ message }: { readonly message: EventMessage }) {
  return (
    <>
      <td class="row__db">{message.db}</td>
      <td class="row__key">
        <KeyText of={message} longest={LONGEST_KEY} />
      </td>
      <td class={`row__event kind kind--${eventKind(message.event)}`}>
        {plain(visibleText(message.event))}
      </td>
      <td class="row__channel">{plain(visibleText(message.channel))}</td>
    </>
  );
}

interface NoteProps {
  readonly word: string;
  readonly channel: string | null;
  readonly children: ComponentChildren;
}

function Note({ word, channel, children }: NoteProps) {
  return (
    <td colSpan={4} class="row__note">
      <strong>{word}</strong>
      {channel !== null && <span class="row__where"> {plain(visibleText(channel))}</span>}{" "}
      {children}
    </td>
  );
}

function tone(row: Row): string {
  return row.kind === "notice" ? row.notice.level : row.kind;
}
