import { useEffect, useRef } from "preact/hooks";

interface ConfirmProps {
  readonly question: string;
  /** What comes of it, one sentence. */
  readonly detail: string;
  readonly yes: string;
  readonly no: string;
  readonly onYes: () => void;
  readonly onNo: () => void;
}

/** Asks before something that cannot be undone. Escape is a no, and so is Enter. */
export function Confirm({ question, detail, yes, no, onYes, onNo }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog class="confirm" ref={dialog} aria-labelledby="confirm" onClose={onNo}>
      <h2 id="confirm">{question}</h2>
      <p class="confirm__detail">{detail}</p>
      <div class="confirm__answers">
        <button type="button" class="button" onClick={onNo}>
          {no}
        </button>
        <button type="button" class="button button--danger" onClick={onYes}>
          {yes}
        </button>
      </div>
    </dialog>
  );
}
