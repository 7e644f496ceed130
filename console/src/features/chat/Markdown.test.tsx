import { MantineProvider } from '@mantine/core';
import { render, screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { Markdown } from './Markdown';

function show(text: string): HTMLElement {
  return render(
    <MantineProvider>
      <Markdown text={text} />
    </MantineProvider>,
  ).container;
}

describe('Markdown', () => {
  it('shows HTML of the model as text', () => {
    const shown = show('<script>alert(1)</script> <b onclick="x()">bold</b>');
    expect(shown.querySelector('script, b')).toBeNull();
    expect(shown.textContent).toContain('<b onclick="x()">');
  });

  it('never loads an image, it links to it', () => {
    const shown = show('![a cat](https://example.com/cat.png)');
    expect(shown.querySelector('img')).toBeNull();
    expect(screen.getByRole('link', { name: 'a cat' }).getAttribute('href')).toBe('https://example.com/cat.png');
  });

  it('disarms links that would run something', () => {
    const shown = show('[click](javascript:alert(1)) [data](data:text/html,x)');
    for (const link of shown.querySelectorAll('a')) expect(link.getAttribute('href') ?? '').toBe('');
  });

  it('opens links apart and tells nobody where they were', () => {
    show('[docs](https://example.com)');
    expect(screen.getByRole('link').getAttribute('rel')).toContain('noopener');
  });

  it('names the language of code and keeps its text', () => {
    const shown = show('```java\nint x = 1;\n```');
    expect(shown.textContent).toContain('java');
    expect(shown.querySelector('pre')?.textContent).toBe('int x = 1;\n');
  });

  it('draws half a table and half a code block while they arrive', () => {
    expect(show('| a | b |\n| --').textContent).toContain('a');
    expect(show('```py\nprint(').querySelector('pre')?.textContent).toContain('print(');
  });
});
