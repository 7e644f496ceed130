import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';

export interface Visit {
  page: Page;
  baseUrl: string;
  key: string;
  /** What the browser complained about; a step that leaves any has failed. */
  complaints: string[];
}

type Step = (visit: Visit) => Promise<void>;

/** What a person does on the first visit, in this order. Nothing here depends on which model answers. */
export const STEPS: Record<string, Step> = {
  'a wrong key is refused in plain words': async ({ page, baseUrl }) => {
    await page.goto(baseUrl);
    await page.getByLabel('API key', { exact: true }).fill('not-a-key');
    await page.keyboard.press('Enter');
    await page.getByText('This key is not accepted.').waitFor();
  },

  'the key signs in': async ({ page, key }) => {
    await page.getByLabel('API key', { exact: true }).fill(key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'What would you like to know?' }).waitFor();
    // The list of models arrives after the page.
    await page.locator('input[aria-label="Model"]:not([value=""])').waitFor();
  },

  'the models page shows a design': async ({ page }) => {
    await page.getByRole('link', { name: 'Models' }).click();
    const card = page.getByRole('listitem').filter({ hasText: 'Serving' }).first();
    await card.getByText('parameters').waitFor();
    await card.getByRole('link').click();
    await page.getByRole('img', { name: /layers: / }).waitFor();
    await page.getByRole('region', { name: 'Design' }).getByText('KV cache a token').waitFor();
  },

  'the designs page finds a design and draws it beside another': async ({ page }) => {
    await page.getByRole('link', { name: 'Designs' }).click();
    await page.getByLabel('Search designs').fill('kimi');
    await page.getByRole('table', { name: 'Designs' }).getByRole('link', { name: 'Kimi-K2-Instruct' }).click();
    await page.getByRole('img', { name: 'moonshotai/Kimi-K2-Instruct, drawn' }).waitFor();
    await page.getByRole('combobox', { name: 'Compare with' }).fill('DeepSeek-V3');
    await page.getByRole('option', { name: 'deepseek-ai/DeepSeek-V3' }).click();
    const picture = page.getByRole('img', { name: 'moonshotai/Kimi-K2-Instruct beside deepseek-ai/DeepSeek-V3' });
    await picture.waitFor();
    assert.ok(
      await picture.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth > 1000)),
    );
  },

  'an answer streams in': async ({ page }) => {
    await page.getByRole('link', { name: 'Chat', exact: true }).first().click();
    await ask(page, 'Hello! Who are you?');
    await finished(page, 1);
    assert.match(await page.getByTestId('answer').last().innerText(), /\S/);
    assert.match(await page.getByLabel('Usage').last().innerText(), /\d+ in[\s\S]*\d+ out[\s\S]*first token/);
  },

  'a second question remembers the first': async ({ page }) => {
    await ask(page, 'What is 47 times 83?');
    await finished(page, 2);
    const [first, second] = await Promise.all([0, 1].map((index) => promptTokens(page, index)));
    assert.ok(first !== undefined && second !== undefined && second > first, `${second} should be more than ${first}`);
  },

  'stop ends an answer at once': async ({ page }) => {
    // Held at its first byte by the browser, so that there is an answer to stop however fast the model is.
    let released: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (released = resolve));
    await page.route('**/v1/chat/completions', async (route) => {
      await held;
      await route.continue().catch(() => undefined);
    });
    await ask(page, 'Tell me a long story about a fox named Lily in a forest.');
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.locator('article[data-state="stopped"]').waitFor();
    released();
    await page.unroute('**/v1/chat/completions');
    await page.getByRole('button', { name: 'Send' }).waitFor();
  },

  'regenerate answers the same question again': async ({ page }) => {
    await page.getByRole('button', { name: 'Regenerate' }).last().click();
    await finished(page, 3);
    assert.equal(await page.locator('article').count(), 3);
  },

  'the benchmarks page lists runs or says that there are none': async ({ page }) => {
    await page.getByRole('link', { name: 'Benchmarks' }).click();
    await page.getByRole('table', { name: 'Runs' }).or(page.getByText('No runs yet')).waitFor();
    await page.getByRole('button', { name: 'New run' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Start' }).waitFor();
    await page.keyboard.press('Escape');
  },

  'a key is made, shown once and revoked': async ({ page, baseUrl }) => {
    await page.getByRole('link', { name: 'Keys' }).click();
    await page.getByRole('button', { name: 'New key' }).click();
    const name = `e2e ${Date.now()}`;
    await page.getByLabel('Name').fill(name);
    await page.getByRole('button', { name: 'Create key' }).click();
    const secret = await page.getByTestId('new-key').innerText();
    await page.getByRole('button', { name: 'I have kept it' }).click();
    await page.getByRole('row', { name }).getByText('Valid').waitFor();
    assert.ok(!(await page.content()).includes(secret), 'the secret is gone from the page');
    assert.equal(await statusWith(baseUrl, secret), 200);

    await page.getByRole('button', { name: `Revoke ${name}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('row', { name }).getByText('Revoked').waitFor();
    assert.equal(await statusWith(baseUrl, secret), 401);
  },

  'signing out forgets the key': async ({ page }) => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in to Dipper' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in to Dipper' }).waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  },
};

async function ask(page: Page, question: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(question);
  await page.keyboard.press('Enter');
}

async function finished(page: Page, answers: number): Promise<void> {
  await page
    .locator('article[data-state="done"]')
    .nth(answers - 1)
    .waitFor({ timeout: 60_000 });
}

async function promptTokens(page: Page, index: number): Promise<number> {
  const usage = await page.getByLabel('Usage').nth(index).innerText();
  return Number(/(\d+) in/.exec(usage)?.[1]);
}

async function statusWith(baseUrl: string, key: string): Promise<number> {
  const response = await fetch(`${baseUrl}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
  return response.status;
}
