import { useSignal } from "@preact/signals";
import { sentence } from "../../text/sentence.js";
import { plain, visibleText } from "../../text/visible.js";
import { Confirm } from "../../ui/confirm.js";
import { FileButton } from "../../ui/file-button.js";
import { nameIn } from "./example.js";
import { SourceEditor } from "./source-editor.js";
import type { Workbench } from "./workbench.js";

interface SourceFormProps {
  /** The library's name, or what stands for it. */
  readonly title: string;
  readonly bench: Workbench;
  /** Of the libraries that are loaded. */
  readonly names: ReadonlySet<string>;
  /** Something was loaded or deleted. */
  readonly onChanged: (what: string) => void;
}

type Question = "delete" | "replace";

const FAULT = "library-fault";

/** A source to be read, written, loaded, replaced and deleted, its errors beside it. */
export function SourceForm({ title, bench, names, onChanged }: SourceFormProps) {
  const question = useSignal<Question | null>(null);
  const draft = bench.draft.value;
  const fault = bench.fault.value;
  const mark = bench.mark.value;
  const isIdle = draft !== null && !bench.isBusy.value;
  const target = nameIn(draft?.source ?? "") ?? "";
  const isReplacing = names.has(target);

  const load = async () => {
    question.value = null;
    const name = await bench.load(isReplacing);
    if (name !== null) onChanged(`${isReplacing ? "Replaced" : "Loaded"} ${name}.`);
  };
  const remove = async () => {
    question.value = null;
    const name = await bench.remove();
    if (name !== null) onChanged(`Deleted ${name}.`);
  };
  const submit = () => {
    // Another one than the one that is looked at would be gone without having been seen.
    if (isReplacing && target !== title) question.value = "replace";
    else void load();
  };

  return (
    <>
      <SourceEditor
        value={draft?.source ?? ""}
        isReadOnly={!isIdle}
        mark={mark}
        describedBy={fault === null && mark === null ? undefined : FAULT}
        onInput={(source) => bench.edit({ source })}
        onSubmit={submit}
      />
      {fault !== null && (
        <p class="fault fault--box library__fault" id={FAULT} role="alert">
          {sentence(fault.message)}
        </p>
      )}
      {fault === null && mark !== null && (
        <p class="fault fault--box library__fault" id={FAULT}>
          The last error: {plain(visibleText(mark.message))}
        </p>
      )}
      <div class="library__foot">
        <label class="library__configuration">
          <span>Configuration</span>
          <input
            class="input input--mono"
            spellcheck={false}
            autocomplete="off"
            title="A JSON object, which the source sees as redis.config"
            readOnly={!isIdle}
            value={draft?.configuration ?? ""}
            onInput={(event) => bench.edit({ configuration: event.currentTarget.value })}
          />
        </label>
        <div class="library__actions">
          <button
            type="button"
            class="button button--primary"
            disabled={!isIdle}
            title="Ctrl+Enter in the source"
            onClick={submit}
          >
            {isReplacing ? "Replace" : "Load"} {target}
          </button>
          <OtherActions
            bench={bench}
            isIdle={isIdle}
            isLoaded={names.has(title)}
            onDelete={() => {
              question.value = "delete";
            }}
          />
        </div>
      </div>
      <Questions
        question={question.value}
        title={title}
        target={target}
        onReplace={() => void load()}
        onDelete={() => void remove()}
        onNo={() => {
          question.value = null;
        }}
      />
    </>
  );
}

interface OtherActionsProps {
  readonly bench: Workbench;
  readonly isIdle: boolean;
  /** Whether the library that is looked at is loaded. */
  readonly isLoaded: boolean;
  readonly onDelete: () => void;
}

function OtherActions({ bench, isIdle, isLoaded, onDelete }: OtherActionsProps) {
  const piece = bench.piece.value;
  return (
    <>
      <FileButton
        name="Open a file…"
        accept=".js,.mjs,text/javascript"
        onText={(source) => bench.edit({ source })}
      />
      {isLoaded && piece !== null && bench.isEdited(piece) && (
        <button type="button" class="button" disabled={!isIdle} onClick={() => bench.discard()}>
          Discard changes
        </button>
      )}
      {isLoaded && (
        <button
          type="button"
          class="button button--quiet library__delete"
          disabled={!isIdle}
          onClick={onDelete}
        >
          Delete…
        </button>
      )}
    </>
  );
}

interface QuestionsProps {
  readonly question: Question | null;
  readonly title: string;
  /** The library that the source names. */
  readonly target: string;
  readonly onReplace: () => void;
  readonly onDelete: () => void;
  readonly onNo: () => void;
}

function Questions({ question, title, target, onReplace, onDelete, onNo }: QuestionsProps) {
  if (question === "delete") {
    return (
      <Confirm
        question={`Delete ${title}?`}
        detail="Its triggers stop on every gateway, and what they counted is forgotten."
        yes={`Delete ${title}`}
        no="Keep it"
        onYes={onDelete}
        onNo={onNo}
      />
    );
  }
  if (question === null) return null;
  return (
    <Confirm
      question={`Replace ${target}?`}
      detail={`The first line names ${target}, which is loaded already. Its statistics stay, its source goes.`}
      yes={`Replace ${target}`}
      no="Keep it"
      onYes={onReplace}
      onNo={onNo}
    />
  );
}
