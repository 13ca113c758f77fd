import type { ComponentChildren } from "preact";

/** A key whose wire runs on as a signal: the ring is the bow, the square wave the teeth. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 40 24" aria-hidden="true" focusable="false">
      <circle cx="8" cy="10" r="5.6" />
      <path d="M13.6 10h5v8h4.6v-8H28v5h4v-5h6" />
    </svg>
  );
}

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const PauseIcon = () => (
  <Icon>
    <path d="M5.5 3v10M10.5 3v10" />
  </Icon>
);

export const PlayIcon = () => (
  <Icon>
    <path d="M4.5 3v10l8-5z" />
  </Icon>
);

export const ClearIcon = () => (
  <Icon>
    <path d="M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5" />
  </Icon>
);

export const CopyIcon = () => (
  <Icon>
    <path d="M6 5.5h7v8H6zM10 3H3v8" />
  </Icon>
);

export const CloseIcon = () => (
  <Icon>
    <path d="M4 4l8 8M12 4l-8 8" />
  </Icon>
);

export const UpIcon = () => (
  <Icon>
    <path d="M8 13V3M3.5 7.5L8 3l4.5 4.5" />
  </Icon>
);

export const SignOutIcon = () => (
  <Icon>
    <path d="M9.5 3H3v10h6.5M7 8h6.5M11 5.5L13.5 8 11 10.5" />
  </Icon>
);

export const SunIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="2.8" />
    <path d="M8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M12.6 3.4l-1.1 1.1M4.5 11.5l-1.1 1.1" />
  </Icon>
);

export const MoonIcon = () => (
  <Icon>
    <path d="M13 9.6A5.4 5.4 0 016.4 3 5.4 5.4 0 1013 9.6z" />
  </Icon>
);

export const SystemIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="5.4" />
    <path class="icon__half" d="M8 2.6a5.4 5.4 0 010 10.8z" />
  </Icon>
);
