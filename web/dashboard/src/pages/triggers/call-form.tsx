import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type AdminError, asAdminError } from "../../admin/admin-request.js";
import { sentence } from "../../text/sentence.js";
import type { Desk } from "./desk.js";
import type { LibraryState } from "./state.js";

interface CallFormProps {
  readonly library: LibraryState;
  readonly desk: Desk;
  /** The function to begin with. */
  readonly called: string | null;
}

type Outcome =
  | { readonly kind: "none" | "waiting" }
  | { readonly kind: "result"; readonly text: string }
  | { readonly kind: "fault"; readonly fault: AdminError };

/** Calls a function of the library with keys and arguments. */
export function CallForm({ library, desk, called }: CallFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const keysField = useRef<HTMLTextAreaElement>(null);
  const outcome = useSignal<Outcome>({ kind: "none" });
  const chosen = useSignal(called ?? library.functions[0]?.name ?? "");
  useEffect(() => {
    if (called === null) return;
    chosen.value = called;
    outcome.value = { kind: "none" };
    keysField.current?.focus({ preventScroll: true });
    form.current?.scrollIntoView({ block: "nearest" });
  }, [called]);
  useEffect(() => {
    if (outcome.value.kind !== "none")
      form.current?.lastElementChild?.scrollIntoView({ block: "nearest" });
  }, [outcome.value]);
  const info = library.functions.find(({ name }) => name === chosen.value);

  const submit = async (event: SubmitEvent & { readonly currentTarget: HTMLFormElement }) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const [keys, args] = [linesOf(fields.get("keys")), linesOf(fields.get("args"))];
    outcome.value = { kind: "waiting" };
    try {
      const call = { library: library.name, function: chosen.value, keys, args };
      const result = await desk.call(call);
      outcome.value = { kind: "result", text: JSON.stringify(result ?? null, null, 2) };
    } catch (error) {
      outcome.value = { kind: "fault", fault: asAdminError(error) };
    }
  };

  const shown = outcome.value;
  return (
    <form class="call" ref={form} aria-label="Call a function" onSubmit={submit}>
      <label class="call__field">
        <span>Function</span>
        <select
          class="input input--mono"
          value={chosen.value}
          onChange={(event) => {
            chosen.value = event.currentTarget.value;
            outcome.value = { kind: "none" };
          }}
        >
          {library.functions.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <Lines name="keys" label="Keys" field={keysField} />
      <Lines name="args" label="Arguments" />
      <div class="call__go">
        <button type="submit" class="button" disabled={shown.kind === "waiting"}>
          Call
        </button>
        <span class="call__about">
          {[info?.description, info?.isAsync && "async", ...(info?.flags ?? [])]
            .filter(Boolean)
            .join(", ")}
        </span>
      </div>
      <output class="call__outcome">
        {shown.kind === "result" && <pre class="call__result">{shown.text}</pre>}
        {shown.kind === "fault" && <p class="fault fault--box">{sentence(shown.fault.message)}</p>}
      </output>
    </form>
  );
}

interface LinesProps {
  readonly name: string;
  readonly label: string;
  readonly field?: { current: HTMLTextAreaElement | null };
}

function Lines({ name, label, field }: LinesProps) {
  return (
    <label class="call__field">
      <span>
        {label} <span class="call__how">one a line</span>
      </span>
      <textarea
        ref={field ?? null}
        class="input input--mono call__lines"
        name={name}
        rows={1}
        spellcheck={false}
        autocapitalize="off"
        autocomplete="off"
      />
    </label>
  );
}

/** An empty last line is only where the next one would begin. */
function linesOf(value: unknown): string[] {
  const text = typeof value === "string" ? value.replaceAll("\r\n", "\n") : "";
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
