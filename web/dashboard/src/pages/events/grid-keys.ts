const TO_THE_END = Number.MAX_SAFE_INTEGER;

/**
 * Which row a key selects, or null where it is none of the grid's keys.
 *
 * @param index the row selected now, -1 for none
 * @param page rows in sight
 * @param size rows in all
 */
export function rowForKey(key: string, index: number, page: number, size: number): number | null {
  const rows = rowsFor(key, Math.max(1, page - 1));
  if (rows === null || size === 0) return null;
  // From nowhere every move leads to the newest row first, but for the one that asks for the oldest.
  if (index < 0 && rows !== TO_THE_END) return 0;
  return Math.min(size - 1, Math.max(0, index + rows));
}

function rowsFor(key: string, page: number): number | null {
  switch (key) {
    case "ArrowDown":
      return 1;
    case "ArrowUp":
      return -1;
    case "PageDown":
      return page;
    case "PageUp":
      return -page;
    case "Home":
      return -TO_THE_END;
    case "End":
      return TO_THE_END;
    default:
      return null;
  }
}
