import type { ComponentChildren, JSX } from 'preact';

export interface TableColumn<T> {
  readonly title: string;
  readonly class?: string;
  /** Content of the column's header cell; the title is then used by screen readers and on narrow screens. */
  readonly head?: ComponentChildren;
  readonly cell: (row: T) => ComponentChildren;
}

/** A table whose rows become cards on narrow screens. The roles keep it a table for screen readers. */
export function Table<T>(props: {
  readonly caption: string;
  readonly columns: readonly TableColumn<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  readonly class?: string;
}): JSX.Element {
  const { caption, columns, rows, keyOf } = props;
  return (
    <table role="table" class={props.class}>
      <caption class="hidden">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ title, head, class: name }) => (
            <th key={title} role="columnheader" scope="col" class={name}>
              {head ?? title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={keyOf(row)} role="row">
            {columns.map(({ title, class: name, cell }) => (
              <td key={title} role="cell" class={name} data-title={title}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
