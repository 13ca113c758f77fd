import type { ComponentChildren } from "preact";
import { count } from "../text/format.js";

export interface Column<T> {
  readonly name: string;
  readonly cell: (row: T) => ComponentChildren;
  /**
   * Classes. `data__figure`s stand to the right, the `data__main` one takes what is left, `data__minor`
   * ones give way on narrow screens.
   */
  readonly look?: string;
}

interface DataTableProps<T> {
  readonly id: string;
  readonly title: string;
  /** One sentence that says what these are. */
  readonly lead: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string;
  /** Stands where there are no rows. */
  readonly none: string;
  /** Comes last on narrow screens, where all cards are in one column. */
  readonly late?: boolean;
  readonly children?: ComponentChildren;
}

/** More rows than this nobody reads, and a browser draws slowly. */
const MOST_ROWS = 200;

export function DataTable<T>(props: DataTableProps<T>) {
  const { id, title, lead, columns, rows, rowKey, none, late, children } = props;
  return (
    <section class={late ? "card card--late" : "card"} aria-labelledby={id}>
      <header class="card__head">
        <h2 id={id}>
          {title} <span class="card__count">{count(rows.length)}</span>
        </h2>
        <p class="card__lead">{lead}</p>
      </header>
      {rows.length === 0 ? (
        <p class="card__none">{none}</p>
      ) : (
        <table class="data">
          <thead>
            <HeadRow columns={columns} />
          </thead>
          <tbody>
            {rows.slice(0, MOST_ROWS).map((row) => (
              <tr key={rowKey(row)}>
                <Cells columns={columns} row={row} />
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {rows.length > MOST_ROWS && (
        <p class="card__none">and {count(rows.length - MOST_ROWS)} more</p>
      )}
      {children}
    </section>
  );
}

/** The columns' names. */
export function HeadRow<T>({ columns }: { readonly columns: readonly Column<T>[] }) {
  return (
    <tr>
      {columns.map(({ name, look }) => (
        <th key={name} scope="col" class={look}>
          {name}
        </th>
      ))}
    </tr>
  );
}

interface CellsProps<T> {
  readonly columns: readonly Column<T>[];
  readonly row: T;
}

/** What stands in one row. */
export function Cells<T>({ columns, row }: CellsProps<T>) {
  return (
    <>
      {columns.map(({ name, look, cell }) => (
        <td key={name} class={look}>
          {cell(row)}
        </td>
      ))}
    </>
  );
}
