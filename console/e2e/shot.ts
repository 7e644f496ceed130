// Pictures of the pages, for looking at them: `node e2e/shot.ts --base-url URL --key KEY --out DIR`.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launch } from './browser.ts';

const { values } = parseArgs({
  options: {
    'base-url': { type: 'string', default: 'http://127.0.0.1:8080' },
    key: { type: 'string', default: 'admin' },
    out: { type: 'string', default: 'target/shots' },
  },
});
mkdirSync(values.out, { recursive: true });
const browser = await launch();
try {
  for (const scheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ viewport: { width: 1360, height: 860 }, colorScheme: scheme });
    page.on('console', (message) => {
      if (message.type() === 'error') console.error(`console: ${message.text()}`);
    });
    const shot = (name: string) => page.screenshot({ path: join(values.out, `${name}-${scheme}.png`) });
    await page.goto(values['base-url']);
    await shot('1-sign-in');
    await page.getByLabel('API key', { exact: true }).fill(values.key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Message', { exact: true }).waitFor();
    await page.waitForTimeout(700);
    await shot('2-welcome');
    await page.getByRole('switch', { name: 'Thinking' }).click();
    for (const question of ['Hello! Who are you?', 'Show me some code']) {
      await page.getByLabel('Message', { exact: true }).fill(question);
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Send' }).waitFor({ timeout: 60_000 });
    }
    await shot('3-chat');
    const visit = async (path: string, name: string) => {
      await page.goto(`${values['base-url']}/#${path}`);
      await page.waitForTimeout(600);
      await shot(name);
    };
    await visit('/models', '4-models');
    await visit('/models/google/gemma-3n-E2B', '5-model');
    await visit('/models/dipper-mini', '6-model-serving');
    await visit('/benchmarks', '7-benchmarks');
    await visit('/benchmarks/2', '7-run');
    await visit('/keys', '7-keys');
    await page.setViewportSize({ width: 400, height: 800 });
    await visit('/chat', '8-phone-chat');
    await visit('/models', '8-phone-models');
    await page.close();
  }
} finally {
  await browser.close();
}
