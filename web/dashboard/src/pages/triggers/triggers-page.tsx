import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { AdminFault } from "../../admin/admin-fault.js";
import { useShortcuts } from "../../ui/shortcuts.js";
import { MAIN } from "../../ui/skip-to-page.js";
import { say } from "../../ui/toast.js";
import { AdminDesk } from "./desk.js";
import { EXAMPLE, freshExample } from "./example.js";
import { LibraryPanel } from "./library-panel.js";
import { Newcomer } from "./newcomer.js";
import { RunChart } from "./run-chart.js";
import { TriggerTable } from "./trigger-table.js";
import { useTriggers } from "./use-triggers.js";
import { Workbench } from "./workbench.js";

/** A function that was chosen in the table. */
interface Chosen {
  readonly library: string;
  readonly function: string;
}

/** JavaScript libraries, live: what their triggers do, and their sources. */
export function TriggersPage({ token }: { readonly token: string }) {
  const changes = useSignal(0);
  const called = useSignal<Chosen | null>(null);
  const { state: view, at, fault, history } = useTriggers(token, changes.value);
  const desk = useMemo(() => new AdminDesk(token), [token]);
  const bench = useMemo(() => new Workbench(desk), [desk]);
  useEffect(() => () => bench.close(), [bench]);
  useShortcuts(useMemo(() => ({ Escape: () => bench.close() }), [bench]));

  const changed = (what: string) => {
    say(what);
    changes.value++;
  };
  const loadExample = async () => {
    bench.begin(EXAMPLE);
    const name = await bench.load(false);
    if (name !== null) changed(`Loaded ${name}.`);
  };
  const begin = () => {
    called.value = null;
    bench.begin(freshExample(new Set(view?.libraries.map(({ name }) => name))));
  };

  const piece = bench.piece.value;
  const library = piece?.kind === "library" ? piece.name : null;
  const isEmpty = view !== null && view.libraries.length === 0;
  return (
    <main class="gateway triggers" id={MAIN} tabIndex={-1}>
      {fault !== null && <AdminFault fault={fault} at={at} />}
      {view === null && fault === null && <p class="empty">Asking the gateway…</p>}
      {isEmpty && piece === null && (
        <Newcomer bench={bench} onLoad={() => void loadExample()} onBegin={begin} />
      )}
      {view !== null && !(isEmpty && piece === null) && (
        <div class={piece === null ? "triggers__split" : "triggers__split triggers__split--open"}>
          <div class="triggers__side">
            <RunChart series={history.series(library, at ?? 0)} library={library} />
            <TriggerTable
              view={view}
              piece={piece}
              onOpen={(name, mark) => {
                called.value = null;
                bench.open(name, mark);
              }}
              onCall={(name, fn) => {
                called.value = { library: name, function: fn };
                bench.open(name);
              }}
              onBegin={begin}
            />
          </div>
          {piece !== null && (
            <LibraryPanel
              piece={piece}
              bench={bench}
              desk={desk}
              libraries={view.libraries}
              called={called.value?.library === library ? called.value.function : null}
              onChanged={changed}
            />
          )}
        </div>
      )}
    </main>
  );
}
