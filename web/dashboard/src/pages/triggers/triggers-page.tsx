import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { clockTime } from "../../text/format.js";
import { sentence } from "../../text/sentence.js";
import { MAIN } from "../../ui/skip-to-page.js";
import { usePolled } from "../gateway/use-polled.js";
import { RunHistory } from "./history.js";
import { LibraryPanel } from "./library-panel.js";
import { RunChart } from "./run-chart.js";
import { readLibraries } from "./state.js";
import { TriggerTable } from "./trigger-table.js";

const PLAN = { path: "libraries?verbosity=2", read: readLibraries, every: 1_000 };

/** Which library is looked at; null for a new one. */
interface Choice {
  readonly library: string | null;
  readonly line: number | null;
}

/** JavaScript libraries, live: what their triggers do, and their sources. */
export function TriggersPage({ token }: { readonly token: string }) {
  const changes = useSignal(0);
  const choice = useSignal<Choice>({ library: null, line: null });
  const { state, at, fault } = usePolled(token, PLAN, changes.value);
  const history = useMemo(() => new RunHistory(), [token]);
  const turn = useMemo(() => ({ count: 0, at: 0 }), [token]);
  if (state !== null && at !== null && at !== turn.at) {
    history.take(state, at);
    turn.at = at;
    turn.count++;
  }
  const choose = (library: string | null, line: number | null = null) => {
    choice.value = { library, line };
  };
  const { library, line } = choice.value;
  return (
    <main class="gateway" id={MAIN} tabIndex={-1}>
      {fault !== null && (
        <p class="fault fault--box" role="alert">
          {sentence(fault.message)}
          {fault.code === "forbidden" && " Sign in with a token that says admin to see this page."}
          {at !== null && ` What stands below is of ${clockTime(at)}.`}
        </p>
      )}
      {state === null ? (
        fault === null && <p class="empty">Asking the gateway…</p>
      ) : (
        <div class="triggers">
          <div class="triggers__side">
            <TriggerTable
              libraries={state}
              history={history}
              turn={turn.count}
              chosen={library}
              onChoose={choose}
            />
            <RunChart history={history} library={library} at={turn.at} />
          </div>
          <LibraryPanel
            token={token}
            libraries={state}
            chosen={library}
            line={line}
            onChoose={choose}
            onChanged={() => {
              changes.value++;
            }}
          />
        </div>
      )}
    </main>
  );
}
