import { useRef } from "preact/hooks";

interface FileButtonProps {
  readonly name: string;
  /** As `<input accept>` takes it. */
  readonly accept: string;
  readonly onText: (text: string) => void;
}

/** Takes the text of a file of the reader's own. */
export function FileButton({ name, accept, onText }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class="button" onClick={() => input.current?.click()}>
        {name}
      </button>
      <input
        ref={input}
        class="unseen"
        type="file"
        accept={accept}
        tabIndex={-1}
        aria-hidden="true"
        onChange={(event) => {
          const field = event.currentTarget;
          const [file] = field.files ?? [];
          // The same file may be chosen again, changed.
          void file?.text().then((text) => {
            field.value = "";
            onText(text);
          });
        }}
      />
    </>
  );
}
