import type { ComponentChildren } from "preact";
import type { Notice, Row } from "../../log/row.js";
import { gapText } from "../../text/gap.js";
import { LONGEST_SHOWN, plain, visibleText } from "../../text/visible.js";
import { KeyText } from "../../ui/key-text.js";

/** A row's every part, named. */
export function Facts({ row }: { readonly row: Row }) {
  if (row.kind === "notice") return <NoticeFacts notice={row.notice} time={row.time} />;
  const { message } = row;
  return (
    <dl class="facts">
      {message.type === "event" ? (
        <>
          <Fact name="Key">
            <KeyText of={message} longest={LONGEST_SHOWN} />
          </Fact>
          <Fact name="Event">{plain(visibleText(message.event))}</Fact>
          <Fact name="Database">{message.db}</Fact>
          {message.origin !== undefined && <Fact name="Written by">{message.origin}</Fact>}
        </>
      ) : (
        <Fact name="What" prose>
          {gapText(message)}
        </Fact>
      )}
      <Fact name="Channel">{plain(visibleText(message.channel))}</Fact>
      <Fact name="Offset">{message.offset}</Fact>
      <Fact name="Time">{isoTime(row.time)}</Fact>
    </dl>
  );
}

function NoticeFacts({ notice, time }: { readonly notice: Notice; readonly time: number }) {
  return (
    <dl class="facts">
      <Fact name="What" prose>
        {plain(visibleText(notice.text))}
      </Fact>
      <Fact name="Code">{notice.code}</Fact>
      {notice.channel !== null && <Fact name="Channel">{plain(visibleText(notice.channel))}</Fact>}
      <Fact name="Time">{isoTime(time)}</Fact>
    </dl>
  );
}

interface FactProps {
  readonly name: string;
  /** Words, not data. */
  readonly prose?: boolean;
  readonly children: ComponentChildren;
}

function Fact({ name, prose = false, children }: FactProps) {
  return (
    <>
      <dt>{name}</dt>
      <dd class={prose ? "facts__prose" : undefined}>{children}</dd>
    </>
  );
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
