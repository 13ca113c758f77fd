import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { count, counted } from "../../text/format.js";
import { sentence } from "../../text/sentence.js";
import { say } from "../../ui/toast.js";
import type { AdminError } from "../gateway/admin-request.js";
import {
  asAdminError,
  deleteLibrary,
  EXAMPLE,
  fetchSource,
  type Kept,
  loadSource,
} from "./desk.js";
import { SourceEditor } from "./source-editor.js";
import type { LibraryState } from "./state.js";

interface LibraryPanelProps {
  readonly token: string;
  /** null before they are known. */
  readonly libraries: readonly LibraryState[];
  /** null for a new one. */
  readonly chosen: string | null;
  /** A line of its source to look at. */
  readonly line: number | null;
  readonly onChoose: (library: string | null) => void;
  /** Something was changed: the list is to be asked for at once. */
  readonly onChanged: () => void;
}

const NEW: Kept = { source: EXAMPLE, configuration: "{}" };
const FAULT = "library-fault";

/** The libraries, and the source of one: to be read, loaded, replaced and deleted. */
export function LibraryPanel(props: LibraryPanelProps) {
  const { token, libraries, chosen, line, onChoose, onChanged } = props;
  const draft = useSignal<Kept>(NEW);
  const fault = useSignal<AdminError | null>(null);
  const isBusy = useSignal(false);
  const asksToDelete = useSignal(false);
  const current = libraries.find(({ name }) => name === chosen);

  useEffect(() => {
    fault.value = null;
    asksToDelete.value = false;
    if (chosen === null) {
      draft.value = NEW;
      return undefined;
    }
    const asking = new AbortController();
    fetchSource(token, chosen, asking.signal).then(
      (kept) => {
        draft.value = kept;
      },
      (error: unknown) => {
        if (!asking.signal.aborted) fault.value = asAdminError(error);
      },
    );
    return () => asking.abort();
  }, [token, chosen]);

  /** One thing at a time; what goes wrong is shown beside the source. */
  async function attempt(task: () => Promise<string>): Promise<void> {
    if (isBusy.value) return;
    isBusy.value = true;
    fault.value = null;
    try {
      say(await task());
      onChanged();
    } catch (error) {
      fault.value = asAdminError(error);
    } finally {
      isBusy.value = false;
    }
  }

  const load = (replace: boolean) =>
    attempt(async () => {
      const name = await loadSource(token, draft.value, replace);
      onChoose(name);
      return replace ? `Replaced ${name}` : `Loaded ${name}`;
    });

  const remove = (name: string) =>
    attempt(async () => {
      await deleteLibrary(token, name);
      onChoose(null);
      return `Deleted ${name}`;
    });

  const { source, configuration } = draft.value;
  return (
    <section class="card library" aria-labelledby="libraries">
      <header class="card__head">
        <h2 id="libraries">
          Libraries <span class="card__count">{count(libraries.length)}</span>
        </h2>
        <p class="card__lead">Kept in Redis: every gateway on it runs the same.</p>
      </header>
      <ul class="library__list" aria-label="Libraries">
        {libraries.map((library) => (
          <li key={library.name}>
            <button
              type="button"
              class="pick"
              aria-pressed={library.name === chosen}
              onClick={() => onChoose(library.name)}
            >
              <span class={library.problem === null ? "badge badge--ready" : "badge badge--down"}>
                {library.name}
              </span>
            </button>
          </li>
        ))}
        <li>
          <button
            type="button"
            class="pick"
            aria-pressed={chosen === null}
            onClick={() => onChoose(null)}
          >
            New library
          </button>
        </li>
      </ul>
      {current !== undefined && <Facts library={current} />}
      <SourceEditor
        value={source}
        onChange={(value) => {
          draft.value = { ...draft.value, source: value };
        }}
        wrong={fault.value?.line ?? line}
        shown={fault.value ?? line}
        describedBy={fault.value === null ? undefined : FAULT}
      />
      {fault.value !== null && (
        <p class="fault fault--box library__fault" id={FAULT} role="alert">
          {sentence(fault.value.message)}
        </p>
      )}
      <label class="library__configuration">
        <span>Configuration</span>
        <input
          class="input input--mono"
          spellcheck={false}
          value={configuration}
          onInput={(event) => {
            draft.value = { ...draft.value, configuration: event.currentTarget.value };
          }}
        />
      </label>
      <div class="library__actions">
        <button
          type="button"
          class="button button--primary"
          disabled={isBusy.value}
          onClick={() => void load(chosen !== null)}
        >
          {chosen === null ? "Load" : "Replace"}
        </button>
        {chosen !== null && !asksToDelete.value && (
          <button
            type="button"
            class="button"
            disabled={isBusy.value}
            onClick={() => {
              asksToDelete.value = true;
            }}
          >
            Delete
          </button>
        )}
        {chosen !== null && asksToDelete.value && (
          <span class="library__sure">
            Delete {chosen} and its statistics?
            <button type="button" class="button" onClick={() => void remove(chosen)}>
              Yes, delete
            </button>
            <button
              type="button"
              class="button button--quiet"
              onClick={() => {
                asksToDelete.value = false;
              }}
            >
              Keep it
            </button>
          </span>
        )}
      </div>
    </section>
  );
}

/** What there is to know of a library besides its triggers. */
function Facts({ library }: { readonly library: LibraryState }) {
  const { problem, pending, functions, missedEvents, missedStretches, missedReason } = library;
  return (
    <div class="library__facts">
      <p>
        {counted(pending, "event")} pending
        {functions.length > 0 && `; functions: ${functions.map(({ name }) => name).join(", ")}`}
      </p>
      {missedEvents + missedStretches > 0 && (
        <p class="library__missed">
          Missed: {missedEvents > 0 && counted(missedEvents, "event")}
          {missedEvents > 0 && missedStretches > 0 && " and "}
          {missedStretches > 0 && `those of ${counted(missedStretches, "stretch of time")}`} (last:{" "}
          {missedReason})
        </p>
      )}
      {problem !== null && <p class="fault">Does not run on this gateway: {sentence(problem)}</p>}
    </div>
  );
}
