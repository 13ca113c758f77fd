const FOCUSABLE = 'a[href], button:not(:disabled), input, textarea, select, [tabindex="0"]';

/**
 * Keeps the focus near where it was when a key's press takes away what had it: else the tab key
 * would begin anew at the top of the page.
 */
export function keepFocus(document: Document): void {
  const watch = () => {
    const [focused, ...around] = withAncestors(document.activeElement);
    // By then the page has been drawn anew.
    requestAnimationFrame(() => {
      if (focused?.isConnected || document.activeElement !== document.body) return;
      const left = around.find((element) => element.isConnected);
      left?.querySelector<HTMLElement>(FOCUSABLE)?.focus();
    });
  };
  // Enter presses a button when it goes down, the space bar when it comes up.
  for (const name of ["keydown", "keyup"]) document.addEventListener(name, watch, true);
}

function withAncestors(element: Element | null): Element[] {
  return element === null ? [] : [element, ...withAncestors(element.parentElement)];
}
