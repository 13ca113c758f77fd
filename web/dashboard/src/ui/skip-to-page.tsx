/** The id of the page's main part, which every page has. */
export const MAIN = "main";

/** The first stop of the tab key. A button, because the fragment is the page's own address. */
export function SkipToPage() {
  return (
    <button type="button" class="skip" onClick={() => document.getElementById(MAIN)?.focus()}>
      Skip to the page
    </button>
  );
}
