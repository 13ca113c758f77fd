import { count } from "../../text/format.js";
import { HeadRow } from "../../ui/data-table.js";
import { LibraryRows } from "./library-rows.js";
import { triggerColumns } from "./trigger-columns.js";
import { TryHint } from "./try-hint.js";
import type { View } from "./use-triggers.js";
import type { OpenLibrary, Piece } from "./workbench.js";

interface TriggerTableProps {
  readonly view: View;
  readonly piece: Piece | null;
  readonly onOpen: OpenLibrary;
  readonly onCall: (library: string, name: string) => void;
  readonly onBegin: () => void;
}

/** Every trigger and what it did, library by library. Rows that just moved light up. */
export function TriggerTable({ view, piece, onOpen, onCall, onBegin }: TriggerTableProps) {
  const { libraries } = view;
  const columns = triggerColumns(onOpen);
  const triggers = libraries.reduce((sum, library) => sum + library.triggers.length, 0);
  return (
    <section class="card board" aria-labelledby="triggers">
      <header class="card__head board__head">
        <div>
          <h2 id="triggers">
            Triggers <span class="card__count">{count(triggers)}</span>
          </h2>
          <p class="card__lead">
            What each did, on all gateways together. Rows that just moved light up.
          </p>
        </div>
        <button type="button" class="button" onClick={onBegin}>
          New library
        </button>
      </header>
      <TryHint libraries={libraries} />
      <table class="data board__table">
        <thead>
          <HeadRow columns={columns} />
        </thead>
        {libraries.map((library) => (
          <LibraryRows
            key={library.name}
            library={library}
            columns={columns}
            view={view}
            isOpen={piece?.kind === "library" && piece.name === library.name}
            onOpen={onOpen}
            onCall={onCall}
          />
        ))}
      </table>
    </section>
  );
}
