// End to end in a real browser against a running platform: `npm run e2e -- --base-url URL --key-file FILE [--shots DIR]`.
// Exit code 0 when every step holds. With --shots every step leaves a picture there; without, only a failing one does.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launch } from './browser.ts';
import { STEPS, type Visit } from './steps.ts';

const { values } = parseArgs({
  options: {
    'base-url': { type: 'string' },
    'key-file': { type: 'string' },
    shots: { type: 'string' },
  },
});
if (values['base-url'] === undefined || values['key-file'] === undefined) {
  console.error('usage: npm run e2e -- --base-url URL --key-file FILE [--shots DIR]');
  process.exit(2);
}
const shots = values.shots ?? 'target/e2e';
mkdirSync(shots, { recursive: true });

const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
const page = await context.newPage();
page.setDefaultTimeout(20_000);
const visit: Visit = {
  page,
  baseUrl: values['base-url'].replace(/\/$/, ''),
  key: readFileSync(values['key-file'], 'utf8').trim(),
  complaints: [],
};
page.on('pageerror', (error) => visit.complaints.push(error.message));
page.on('console', (message) => {
  // A refused request is logged by the browser itself; refusals are part of the steps.
  if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
    visit.complaints.push(message.text());
});
page.on('request', (request) => {
  if (!request.url().startsWith(visit.baseUrl) && !request.url().startsWith('data:')) {
    visit.complaints.push(`asked another host: ${request.url()}`);
  }
});

let failed = false;
for (const [name, step] of Object.entries(STEPS)) {
  const start = performance.now();
  try {
    await step(visit);
    if (visit.complaints.length > 0) throw new Error(visit.complaints.join('\n'));
    console.log(`ok      ${name} (${Math.round(performance.now() - start)} ms)`);
    if (values.shots !== undefined) await page.screenshot({ path: join(shots, `${name.replaceAll(' ', '-')}.png`) });
  } catch (error) {
    failed = true;
    console.error(`FAILED  ${name}\n${error instanceof Error ? error.message : String(error)}`);
    await page.screenshot({ path: join(shots, 'failed.png') });
    break;
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
