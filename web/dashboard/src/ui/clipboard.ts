/**
 * Puts text on the clipboard.
 *
 * @throws Error where the browser refuses, saying why
 */
export async function copyText(text: string): Promise<void> {
  // Plain http on another host than this one is no secure context: there is no clipboard API.
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  if (!copyThroughSelection(text)) {
    throw new Error("this browser lets pages copy only over https or on localhost");
  }
}

function copyThroughSelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "offscreen";
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}
