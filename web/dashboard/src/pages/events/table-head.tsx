import type { RefObject } from "preact";

const COLUMNS = ["Time", "DB", "Key", "Event", "Channel"] as const;

export function TableHead({
  place,
}: {
  readonly place: RefObject<HTMLTableSectionElement | null>;
}) {
  return (
    <thead class="grid__head" ref={place}>
      <tr class="row row--head" aria-rowindex={1}>
        {COLUMNS.map((name) => (
          <th key={name} scope="col" class={`row__${name.toLowerCase()}`}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}
