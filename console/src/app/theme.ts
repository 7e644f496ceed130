import { createTheme, type MantineColorsTuple } from '@mantine/core';

const star: MantineColorsTuple = [
  '#eef1ff',
  '#dfe5ff',
  '#bcc8ff',
  '#97a9ff',
  '#778dff',
  '#617aff',
  '#526cfb',
  '#435be0',
  '#3950c4',
  '#2c43a9',
];

const night: MantineColorsTuple = [
  '#dbe0ee',
  '#b3bbd2',
  '#8d97b4',
  '#5f6a8a',
  '#2f3852',
  '#262e46',
  '#1a2136',
  '#10162a',
  '#0c1122',
  '#080c19',
];

export const theme = createTheme({
  primaryColor: 'star',
  primaryShade: { light: 6, dark: 5 },
  colors: { star, dark: night },
  defaultRadius: 'md',
  cursorType: 'pointer',
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, monospace",
  headings: { fontFamily: "'Inter Variable', system-ui, sans-serif", fontWeight: '650' },
});
