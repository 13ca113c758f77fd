import { Fragment } from "preact";
import { count, counted } from "../../text/format.js";
import { plain, visibleText } from "../../text/visible.js";
import { Cells, type Column } from "../../ui/data-table.js";
import { idOf } from "./history.js";
import { type LibraryState, lineIn, type MissedState, type TriggerState } from "./state.js";
import type { TriggerRow } from "./trigger-columns.js";
import type { View } from "./use-triggers.js";
import type { OpenLibrary } from "./workbench.js";

/** Characters of an error's text; all of it stands beside the source. */
const LONGEST_ERROR = 240;

interface LibraryRowsProps {
  readonly library: LibraryState;
  readonly columns: readonly Column<TriggerRow>[];
  readonly view: View;
  readonly isOpen: boolean;
  readonly onOpen: OpenLibrary;
  readonly onCall: (library: string, name: string) => void;
}

/** A library: a line of its own, a row for each of its triggers, its functions. */
export function LibraryRows(props: LibraryRowsProps) {
  const { library, columns, view, isOpen, onOpen, onCall } = props;
  return (
    <tbody class={isOpen ? "board__library board__library--open" : "board__library"}>
      <tr class="board__title">
        <th scope="rowgroup" colSpan={columns.length}>
          <Title library={library} onOpen={onOpen} />
        </th>
      </tr>
      {library.triggers.map((trigger) => {
        const id = idOf(trigger);
        const moved = view.moved.get(id) ?? 0;
        // Another name each time: the same animation would not begin anew.
        const light = moved > 0 ? ` trigger--moved-${view.turn % 2}` : "";
        const { lastError } = trigger;
        return (
          <Fragment key={id}>
            <tr class={`trigger${light}`} data-trigger={id}>
              <Cells columns={columns} row={{ trigger, moved }} />
            </tr>
            {lastError !== null && (
              <tr class="trigger__error">
                <td colSpan={columns.length}>
                  <LastError trigger={trigger} error={lastError} onOpen={onOpen} />
                </td>
              </tr>
            )}
          </Fragment>
        );
      })}
      {library.functions.length > 0 && (
        <tr class="board__functions">
          <td colSpan={columns.length}>
            <Functions library={library} onCall={onCall} />
          </td>
        </tr>
      )}
    </tbody>
  );
}

interface TitleProps {
  readonly library: LibraryState;
  readonly onOpen: OpenLibrary;
}

function Title({ library, onOpen }: TitleProps) {
  const { name, apiVersion, pending, missed, problem } = library;
  const openProblem = () => {
    const { message, line } = problem ?? { message: "", line: null };
    if (line === null) onOpen(name);
    else onOpen(name, { line, message });
  };
  return (
    <div class="board__line">
      <button type="button" class="board__name" onClick={() => onOpen(name)}>
        <span class={problem === null ? "badge badge--ready" : "badge badge--down"}>{name}</span>
      </button>
      <span class="board__fact" data-fact="pending">
        {counted(pending, "pending job")}
      </span>
      {apiVersion !== null && <span class="board__fact board__fact--extra">API {apiVersion}</span>}
      {missed.events + missed.stretches > 0 && (
        <span class="board__fact board__missed">{missedText(missed)}</span>
      )}
      {problem !== null && (
        <span class="fault">
          does not run on this gateway: {plain(visibleText(problem.message, LONGEST_ERROR))}{" "}
          <button type="button" class="link" onClick={openProblem}>
            show the source
          </button>
        </span>
      )}
    </div>
  );
}

function missedText({ events, stretches, reason }: MissedState): string {
  const parts = [
    ...(events > 0 ? [counted(events, "event")] : []),
    ...(stretches > 0
      ? [`what came in ${count(stretches)} ${stretches === 1 ? "stretch" : "stretches"} of time`]
      : []),
  ];
  return `missed ${parts.join(" and ")}${reason === null ? "" : ` (${reason})`}`;
}

interface LastErrorProps {
  readonly trigger: TriggerState;
  readonly error: string;
  readonly onOpen: OpenLibrary;
}

function LastError({ trigger, error, onOpen }: LastErrorProps) {
  const line = lineIn(error);
  return (
    <p class="trigger__fault">
      <span class="fault mono">{plain(visibleText(withoutLine(error), LONGEST_ERROR))}</span>
      {line !== null && (
        <button
          type="button"
          class="link"
          aria-label={`Show line ${count(line)} of ${trigger.library}`}
          onClick={() => onOpen(trigger.library, { line, message: error })}
        >
          show line {count(line)}
        </button>
      )}
    </p>
  );
}

/** The line stands in the link beside it. */
function withoutLine(error: string): string {
  return error.replace(/ \(line \d+\)$/, "");
}

interface FunctionsProps {
  readonly library: LibraryState;
  readonly onCall: (library: string, name: string) => void;
}

function Functions({ library, onCall }: FunctionsProps) {
  return (
    <p class="board__line">
      <span class="board__fact">Functions</span>
      {library.functions.map(({ name, description, isAsync, flags }) => (
        <button
          key={name}
          type="button"
          class="call-chip"
          title={[description, ...(isAsync ? ["async"] : []), ...flags].filter(Boolean).join(", ")}
          aria-label={`Call ${name} of ${library.name}`}
          onClick={() => onCall(library.name, name)}
        >
          {name}()
        </button>
      ))}
    </p>
  );
}
