import { useEffect, useRef } from "preact/hooks";
import { CloseIcon } from "../../ui/icons.js";
import { CallForm } from "./call-form.js";
import type { Desk } from "./desk.js";
import { SourceForm } from "./source-form.js";
import type { LibraryState } from "./state.js";
import type { Piece, Workbench } from "./workbench.js";

interface LibraryPanelProps {
  readonly piece: Piece;
  readonly bench: Workbench;
  readonly desk: Desk;
  readonly libraries: readonly LibraryState[];
  /** The function to be called, where one was chosen in the table. */
  readonly called: string | null;
  /** Something was loaded or deleted. */
  readonly onChanged: (what: string) => void;
}

/** A library's source, and its functions to be called. */
export function LibraryPanel(props: LibraryPanelProps) {
  const { piece, bench, desk, libraries, called, onChanged } = props;
  const panel = useRef<HTMLElement>(null);
  const title = piece.kind === "new" ? "New library" : piece.name;
  // On a narrow screen it stands below the table.
  useEffect(() => panel.current?.scrollIntoView({ block: "nearest" }), [title, called]);
  const loaded = libraries.find(({ name }) => piece.kind === "library" && name === piece.name);
  return (
    <section class="card library" ref={panel} aria-labelledby="library">
      <header class="library__head">
        <h2 id="library">{title}</h2>
        {bench.isEdited(piece) && <span class="tag tag--edited">not loaded yet</span>}
        <button
          type="button"
          class="button button--quiet button--icon"
          aria-label="Close the library"
          title="Close (Esc)"
          onClick={() => bench.close()}
        >
          <CloseIcon />
        </button>
      </header>
      {piece.kind === "library" && loaded === undefined && (
        <p class="library__note">It is not loaded any more. Its source is still here.</p>
      )}
      <SourceForm
        title={title}
        bench={bench}
        names={new Set(libraries.map(({ name }) => name))}
        onChanged={onChanged}
      />
      {loaded !== undefined && loaded.functions.length > 0 && (
        <CallForm key={loaded.name} library={loaded} desk={desk} called={called} />
      )}
    </section>
  );
}
