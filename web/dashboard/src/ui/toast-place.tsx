import { toast } from "./toast.js";

/** Always in the document, so that screen readers hear what comes into it. */
export function ToastPlace() {
  const shown = toast.value;
  return (
    <output class="toasts">
      {shown !== null && <span class={`toast toast--${shown.tone}`}>{shown.text}</span>}
    </output>
  );
}
