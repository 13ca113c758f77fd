/**
 * Masks read out one character after the other, over latin1 text and with no thought of speed: what
 * the quick ones are compared with.
 */
export function slowMaskMatches(mask: string, key: string): boolean {
  if (mask.startsWith("^")) return matchesHere(mask.slice(1), key);
  for (let from = 0; from <= key.length; from++) {
    if (matchesHere(mask, key.slice(from))) return true;
  }
  return false;
}

function matchesHere(mask: string, text: string): boolean {
  if (mask === "") return true;
  if (mask[1] === "*") return matchesRun(mask[0] ?? "", mask.slice(2), text);
  if (mask === "$") return text === "";
  if (text !== "" && (mask[0] === "." || mask[0] === text[0])) {
    return matchesHere(mask.slice(1), text.slice(1));
  }
  return false;
}

function matchesRun(character: string, rest: string, text: string): boolean {
  for (let left = text; ; left = left.slice(1)) {
    if (matchesHere(rest, left)) return true;
    if (left === "" || (character !== "." && left[0] !== character)) return false;
  }
}
