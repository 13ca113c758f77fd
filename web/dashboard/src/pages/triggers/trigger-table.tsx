import type { ComponentChildren } from "preact";
import { Fragment } from "preact";
import { count, counted } from "../../text/format.js";
import { plain, visibleText } from "../../text/visible.js";
import { type RunHistory, rowId } from "./history.js";
import { millis } from "./run-chart.js";
import { type LibraryState, lineIn, type StreamTriggerState, type TriggerState } from "./state.js";

interface TriggerTableProps {
  readonly libraries: readonly LibraryState[];
  readonly history: RunHistory;
  /** How often the table was asked for: rows that moved flash anew with each. */
  readonly turn: number;
  readonly chosen: string | null;
  readonly onChoose: (library: string, line: number | null) => void;
}

/** Every trigger and what it did, on all gateways together. Rows that just moved say by how much. */
export function TriggerTable(props: TriggerTableProps) {
  const { libraries } = props;
  const rows = libraries.flatMap(({ triggers, streamTriggers }) => [
    ...triggers.map((trigger) => ({ trigger, kind: "key" as const })),
    ...streamTriggers.map((trigger) => ({ trigger, kind: "stream" as const })),
  ]);
  return (
    <section class="card" aria-labelledby="triggers">
      <header class="card__head">
        <h2 id="triggers">
          Triggers <span class="card__count">{count(rows.length)}</span>
        </h2>
        <p class="card__lead">
          What each did, on all gateways together. Rows that just moved light up.
        </p>
      </header>
      {rows.length === 0 ? (
        <p class="card__none">None: no library registers a trigger.</p>
      ) : (
        <div class="triggers__scroller">
          <table class="data triggers__table">
            <thead>
              <tr>
                <th scope="col" class="data__main">
                  Trigger
                </th>
                <th scope="col" class="data__minor">
                  Keys
                </th>
                <th scope="col" class="data__figure">
                  Triggered
                </th>
                <th scope="col" class="data__minor data__figure">
                  Succeeded
                </th>
                <th scope="col" class="data__figure">
                  Failed
                </th>
                <th scope="col" class="data__figure">
                  Average
                </th>
                <th scope="col" class="data__minor data__figure">
                  Last
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ trigger, kind }) =>
                kind === "key" ? (
                  <KeyRow key={rowId(trigger)} trigger={trigger} {...props} />
                ) : (
                  <StreamRow key={rowId(trigger)} trigger={trigger} {...props} />
                ),
              )}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function KeyRow({ trigger, ...props }: TriggerTableProps & { readonly trigger: TriggerState }) {
  const { events, triggered, success, failed, averageTime, lastTime, lastError } = trigger;
  return (
    <Row
      {...props}
      trigger={trigger}
      keys={events === null ? "" : ` ${events.join(", ")}`}
      error={lastError}
      cells={{ count: triggered, success, failed, average: averageTime, last: millis(lastTime) }}
    />
  );
}

function StreamRow({
  trigger,
  ...props
}: TriggerTableProps & { readonly trigger: StreamTriggerState }) {
  const { processed, streams, lag, totalTime, lastError, pending } = trigger;
  return (
    <Row
      {...props}
      trigger={trigger}
      keys={` ${counted(streams, "stream")}, ${count(pending)} under way`}
      error={lastError}
      cells={{
        count: processed,
        success: null,
        failed: null,
        average: processed === 0 ? 0 : totalTime / processed,
        last: `lag ${millis(lag)}`,
      }}
    />
  );
}

interface RowProps extends TriggerTableProps {
  readonly trigger: Pick<TriggerState, "library" | "name" | "prefix">;
  /** Stands behind the prefix. */
  readonly keys: string;
  readonly error: string | null;
  readonly cells: {
    readonly count: number;
    /** null where nobody counts it. */
    readonly success: number | null;
    readonly failed: number | null;
    /** ms */
    readonly average: number;
    readonly last: string;
  };
}

function Row({ trigger, keys, error, cells, history, turn, chosen, onChoose }: RowProps) {
  const { library, name, prefix } = trigger;
  const moved = history.moved(rowId(trigger));
  // Another class each time: an animation of the same name would not begin anew.
  const flash = moved === 0 ? "" : ` trigger--moved-${turn % 2}`;
  return (
    <Fragment>
      <tr
        class={`trigger${flash}${library === chosen ? " trigger--chosen" : ""}`}
        data-trigger={rowId(trigger)}
        data-moved={moved > 0 ? moved : undefined}
      >
        <td class="data__main">
          <button type="button" class="trigger__name" onClick={() => onChoose(library, null)}>
            <span class="trigger__library">{library}</span>
            {name}
          </button>
        </td>
        <td class="data__minor">
          <span class="mono">
            {prefix === "" ? "all" : prefix === null ? "binary" : plain(visibleText(prefix))}
          </span>
          <span class="trigger__events">{keys}</span>
        </td>
        <td class="data__figure">
          {moved > 0 && <span class="trigger__more">+{count(moved)}</span>}{" "}
          <strong>{count(cells.count)}</strong>
        </td>
        <Figure minor>{cells.success === null ? "" : count(cells.success)}</Figure>
        <td
          class={`data__figure${cells.failed === null || cells.failed === 0 ? "" : " trigger__failed"}`}
        >
          {cells.failed === null ? "" : count(cells.failed)}
        </td>
        <Figure>{millis(cells.average)}</Figure>
        <Figure minor>{cells.last}</Figure>
      </tr>
      {error !== null && (
        <tr class="trigger__error">
          <td colSpan={7}>
            <span class="fault">{plain(visibleText(error))}</span>
            {lineIn(error) !== null && (
              <button type="button" class="link" onClick={() => onChoose(library, lineIn(error))}>
                show line {lineIn(error)}
              </button>
            )}
          </td>
        </tr>
      )}
    </Fragment>
  );
}

function Figure({
  minor,
  children,
}: {
  readonly minor?: boolean;
  readonly children: ComponentChildren;
}) {
  return <td class={minor ? "data__minor data__figure" : "data__figure"}>{children}</td>;
}
