import { useEffect, useRef } from "preact/hooks";

interface SourceEditorProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** The line that something is wrong with, from 1; null for none. */
  readonly wrong: number | null;
  /** Brings that line into sight whenever this changes. */
  readonly shown: unknown;
  /** Id of what says what is wrong. */
  readonly describedBy: string | undefined;
}

/** px; has to agree with the style sheet */
const LINE_HEIGHT = 18;

/** A source with its lines numbered, since errors name lines. */
export function SourceEditor({ value, onChange, wrong, shown, describedBy }: SourceEditorProps) {
  const text = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const lines = value.split("\n").length;
  useEffect(() => {
    if (wrong === null || text.current === null) return;
    text.current.scrollTop = (wrong - 1) * LINE_HEIGHT - text.current.clientHeight / 3;
  }, [shown, wrong]);
  const follow = () => {
    if (gutter.current !== null && text.current !== null) {
      gutter.current.scrollTop = text.current.scrollTop;
    }
  };
  return (
    <div class="source">
      <div class="source__gutter" ref={gutter} aria-hidden="true">
        {Array.from({ length: lines }, (_, index) => (
          <span
            key={index}
            class={index + 1 === wrong ? "source__line source__line--wrong" : "source__line"}
          >
            {index + 1}
          </span>
        ))}
      </div>
      <textarea
        ref={text}
        class="source__text"
        aria-label="Source"
        aria-invalid={wrong !== null}
        aria-describedby={describedBy}
        spellcheck={false}
        autocapitalize="off"
        autocomplete="off"
        wrap="off"
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
        onScroll={follow}
      />
    </div>
  );
}
