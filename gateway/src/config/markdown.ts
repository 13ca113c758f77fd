import { environmentName, fileVariant, flagName } from "./names.js";
import { GROUPS } from "./row.js";
import { SETTING_NAMES, type SettingName, settingOf } from "./settings.js";

const INTRODUCTION = `# Configuration

<!-- Made by \`keywire config --markdown\` from gateway/src/config/settings/: change it there. -->

Every setting can be given in three places; the first one that has it wins:

1. a flag of the command: \`keywire start --redis redis://localhost:6379\`
2. a variable of the environment: \`KEYWIRE_REDIS=redis://localhost:6379\`; an empty one counts as not set
3. a JSON file, named by \`--config FILE\` or \`KEYWIRE_CONFIG\`: \`{"redis": "redis://localhost:6379"}\`

Keywire does not start with a wrong configuration. It names every fault at once: the setting as you
wrote it, what it got and what it takes. A name that is no setting is a fault, too, so a typing error
cannot go unnoticed. \`keywire config\` shows what is in force and where it came from.

Durations take \`15\`, \`15s\`, \`500ms\`, \`1.5m\`, \`2h\`; a bare number is seconds. Sizes take \`1048576\`,
\`64KiB\`, \`1MiB\`; a bare number is bytes. Lists are comma separated, or arrays in the file. Settings that
may hold a secret have a second name that ends in \`_FILE\` (\`--…-file\`, \`…File\`): the path of a file to
read the value from, as Docker and Kubernetes mount their secrets. Flags can be seen by every user of
the machine in the list of processes, so keep secrets out of them.

Beside services that are named \`keywire\` or \`keywire-…\`, Kubernetes sets \`KEYWIRE_SERVICE_HOST\`,
\`KEYWIRE_PORT=tcp://…\` and the like in every pod; these are passed over.
`;

/** docs/configuration.md, all of it. */
export function configurationReference(): string {
  return [INTRODUCTION, ...GROUPS.map(section)].join("\n");
}

function section(group: string): string {
  const rows = SETTING_NAMES.filter((name) => settingOf(name).group === group).map(tableRow);
  const head = "| Variable, flag, key | Meaning | Takes | Default |\n| --- | --- | --- | --- |";
  return `## ${group}\n\n${head}\n${rows.join("\n")}\n`;
}

function tableRow(name: SettingName): string {
  const { doc, kind, fallback, fallbackDoc, fromFile } = settingOf(name);
  const names = [environmentName(name), flagName(name), name];
  if (fromFile === true) names.splice(1, 0, environmentName(fileVariant(name)));
  const initial = fallbackDoc ?? code(kind.format(fallback));
  const cells = [names.map(code).join("<br>"), doc, kind.brief ?? kind.takes, initial];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function code(words: string): string {
  return `\`${words}\``;
}
