import { EXAMPLE } from "./example.js";
import type { Workbench } from "./workbench.js";

interface NewcomerProps {
  readonly bench: Workbench;
  readonly onLoad: () => void;
  readonly onBegin: () => void;
}

/** What stands where no library is loaded: what one is, and one to begin with. */
export function Newcomer({ bench, onLoad, onBegin }: NewcomerProps) {
  return (
    <section class="card newcomer" aria-labelledby="newcomer">
      <h2 id="newcomer">No library is loaded yet</h2>
      <p class="newcomer__lead">
        A library is JavaScript that runs beside Redis. Its triggers run whenever a key changes, its
        functions whenever somebody calls them. What is loaded is kept in Redis: every gateway has
        it, and a restart loses none.
      </p>
      <pre class="newcomer__source">
        <code>{EXAMPLE.source}</code>
      </pre>
      <div class="newcomer__actions">
        <button
          type="button"
          class="button button--primary"
          disabled={bench.isBusy.value}
          onClick={onLoad}
        >
          Load this example
        </button>
        <button type="button" class="button" onClick={onBegin}>
          Write one
        </button>
      </div>
    </section>
  );
}
