import type { LibraryState } from "./state.js";
import { tryCommand } from "./try-command.js";

/** What to do to see the first figure move; nothing once one did. */
export function TryHint({ libraries }: { readonly libraries: readonly LibraryState[] }) {
  const triggers = libraries.flatMap((library) => library.triggers);
  if (triggers.some(({ triggered }) => triggered > 0)) return null;
  const command = triggers.map(tryCommand).find((known) => known !== undefined);
  if (command === undefined) return null;
  return (
    <p class="board__hint">
      Nothing has been triggered yet. Change a key, as in <code>{command}</code>, and see the
      figures move.
    </p>
  );
}
