import { Fragment } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { plain, visibleText } from "../../text/visible.js";
import type { Mark } from "./workbench.js";

interface SourceEditorProps {
  readonly value: string;
  readonly isReadOnly: boolean;
  readonly mark: Mark | null;
  /** Id of what says what is wrong. */
  readonly describedBy: string | undefined;
  readonly onInput: (value: string) => void;
  /** Ctrl+Enter, or ⌘ and Enter */
  readonly onSubmit: () => void;
}

/**
 * A source with its lines numbered, and what is wrong with a line beside it. The text stands twice in
 * the same place: to be typed in, and unseen beneath, where it gives the box its size and the message
 * its place at the end of the line.
 */
export function SourceEditor(props: SourceEditorProps) {
  const { value, isReadOnly, mark, describedBy, onInput, onSubmit } = props;
  const marked = useRef<HTMLSpanElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => reveal(scroller.current, marked.current), [mark]);
  const lines = value.split("\n");
  return (
    <div class="source" ref={scroller}>
      <pre class="source__gutter" aria-hidden="true">
        {lines.map((_, index) => `${index + 1}\n`).join("")}
      </pre>
      <div class="source__page">
        <pre class="source__shadow" aria-hidden="true">
          {lines.map((line, index) => {
            if (index + 1 !== mark?.line) return `${line}\n`;
            return (
              <Fragment key="marked">
                <span class="source__marked" ref={marked}>
                  {line}
                  <span class="source__message">{plain(visibleText(mark.message))}</span>
                </span>
                {"\n"}
              </Fragment>
            );
          })}
        </pre>
        <textarea
          class="source__text"
          aria-label="Source"
          aria-invalid={mark !== null}
          aria-describedby={describedBy}
          readOnly={isReadOnly}
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          wrap="off"
          value={value}
          onInput={(event) => onInput(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            onSubmit();
          }}
        />
      </div>
    </div>
  );
}

/** Brings the marked line into sight, a third below the top; the page itself does not move. */
function reveal(scroller: HTMLElement | null, line: HTMLElement | null): void {
  if (scroller === null || line === null) return;
  const offset = line.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
  if (offset >= 0 && offset < scroller.clientHeight - line.offsetHeight) return;
  scroller.scrollTop += offset - scroller.clientHeight / 3;
}
