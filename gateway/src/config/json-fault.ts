/** Characters before the wrong one that V8 quotes, where there are as many. */
const QUOTED_BEFORE = 10;

/**
 * What is wrong with a JSON text and in which line, from what JSON.parse said of it, but for the piece of
 * the text that it quotes: that may hold a secret.
 */
export function jsonFault(text: string, message: string): string {
  const quoting = /^(.*?), (\.{3})?"(.*)"(?:\.{3})? is not valid JSON$/s.exec(message);
  if (quoting !== null) {
    const [, what = "", dots, quoted = ""] = quoting;
    return inLine(what, text, text.indexOf(quoted) + (dots === undefined ? 0 : QUOTED_BEFORE));
  }
  const placed = /^([^"]*?)(?: in JSON)? at position (\d+)/.exec(message);
  if (placed !== null) return inLine(placed[1] ?? "", text, Number(placed[2]));
  return message.startsWith("Unexpected end") ? message : "it is not JSON";
}

function inLine(what: string, text: string, position: number): string {
  return `${what} in line ${text.slice(0, position).split("\n").length}`;
}
