import { Table } from '@mantine/core';
import type { ReactNode } from 'react';

export interface Column<T> {
  title: string;
  align?: 'left' | 'right';
  cell: (row: T) => ReactNode;
}

interface Props<T> {
  label: string;
  columns: Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
}

/** A plain table that scrolls sideways rather than squeezing its numbers. */
export function DataTable<T>({ label, columns, rows, keyOf }: Props<T>) {
  return (
    <Table.ScrollContainer minWidth={520}>
      <Table aria-label={label} verticalSpacing={9} horizontalSpacing="sm" highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            {columns.map(({ title, align }) => (
              <Table.Th key={title} ta={align ?? 'left'} fz={12.5} fw={550} c="dimmed">
                {title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={keyOf(row)}>
              {columns.map(({ title, align, cell }) => (
                <Table.Td key={title} ta={align ?? 'left'}>
                  {cell(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
