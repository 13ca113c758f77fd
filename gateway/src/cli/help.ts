import manifest from "../../package.json" with { type: "json" };
import { flagName, SETTING_NAMES, type SettingName, settingOf } from "../config.js";

export const VERSION: string = manifest.version;

/** Columns of help texts. */
const WIDTH = 100;

export interface Section {
  readonly title: string;
  readonly rows: readonly (readonly [term: string, meaning: string])[];
}

/** The help of one command. */
export function commandHelp(usage: string, text: string, sections: readonly Section[]): string {
  const parts = sections.map(({ title, rows }) => `${title}:\n${columns(rows)}`);
  // Paragraphs are wrapped anew; lines that are indented stand as they are.
  const prose = text.trim().replaceAll(/(?<=\S)\n(?=\S)/g, " ");
  return [`Usage: ${usage}`, "", wrap(prose, 0), "", parts.join("\n\n")].join("\n").trimEnd();
}

/** The settings' flags, for the help of the commands that take them. */
export function settingFlags(names: readonly SettingName[] = SETTING_NAMES): Section {
  const rows = names.map((name): [string, string] => {
    const { doc, kind, fallback, fallbackDoc } = settingOf(name);
    const initial = fallbackDoc ?? kind.format(fallback);
    return [`${flagName(name)}${kind.bare ? "" : " …"}`, `${plain(doc)} Default: ${initial}.`];
  });
  return { title: "Settings", rows: [["--config FILE", "A JSON file of settings."], ...rows] };
}

/** Markdown's back-ticks are for the reference. */
function plain(doc: string): string {
  return doc.replaceAll("`", "");
}

/** Two columns, the second one wrapped. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const longest = Math.max(...rows.map(([term]) => term.length));
  const indent = Math.min(longest, 28) + 4;
  return rows
    .map(([term, meaning]) => {
      const lines = wrap(meaning, indent);
      const head = `  ${term}`;
      return head.length + 2 > indent
        ? `${head}\n${" ".repeat(indent)}${lines}`
        : head.padEnd(indent) + lines;
    })
    .join("\n");
}

/** The text broken into lines that begin at a column; the first one is not indented. */
function wrap(text: string, indent: number): string {
  return text
    .split("\n")
    .map((line) => wrapLine(line, indent))
    .join(`\n${" ".repeat(indent)}`);
}

function wrapLine(line: string, indent: number): string {
  if (/^\s/.test(line)) return line;
  const lines: string[] = [];
  for (const word of line.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && indent + last.length + 1 + word.length <= WIDTH) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines.join(`\n${" ".repeat(indent)}`);
}
