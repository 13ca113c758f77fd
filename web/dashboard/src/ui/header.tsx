import type { ComponentChildren } from "preact";
import { Logo } from "./icons.js";
import type { Route } from "./route.js";
import { ThemeButton } from "./theme-button.js";

export interface NavEntry {
  readonly route: Route;
  readonly name: string;
}

interface HeaderProps {
  readonly pages: readonly NavEntry[];
  readonly current: Route | null;
  /** Stands between the pages and the theme: the connection, the account. */
  readonly children?: ComponentChildren;
}

export function Header({ pages, current, children }: HeaderProps) {
  return (
    <header class="bar">
      <a class="brand" href="#/events" aria-label="Keywire, live Redis keys">
        <Logo />
        <span class="brand__name">Keywire</span>
      </a>
      {pages.length > 0 && (
        <nav class="nav" aria-label="Pages">
          {pages.map(({ route, name }) => (
            <a
              key={route}
              class="nav__link"
              href={`#${route}`}
              aria-current={route === current ? "page" : undefined}
            >
              {name}
            </a>
          ))}
        </nav>
      )}
      <div class="bar__end">
        {children}
        <ThemeButton />
      </div>
    </header>
  );
}
