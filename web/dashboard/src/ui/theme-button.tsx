import { MoonIcon, SunIcon, SystemIcon } from "./icons.js";
import { nextTheme, setTheme, type Theme, theme } from "./theme.js";

const ICONS = { system: SystemIcon, light: SunIcon, dark: MoonIcon };
const NAMES: Readonly<Record<Theme, string>> = {
  system: "as the system",
  light: "light",
  dark: "dark",
};

export function ThemeButton() {
  const current = theme.value;
  const next = nextTheme(current);
  const label = `Theme: ${NAMES[current]}. Change to ${NAMES[next]}`;
  const Icon = ICONS[current];
  return (
    <button
      type="button"
      class="button button--quiet button--icon"
      aria-label={label}
      title={label}
      onClick={() => setTheme(next)}
    >
      <Icon />
    </button>
  );
}
