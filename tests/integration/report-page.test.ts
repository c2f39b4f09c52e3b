import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import type { Comparison } from '../../lib/schema/compare/comparison.ts';
import { renderChecksPage } from '../../lib/check/revisions/page.ts';
import { renderReceiptPage } from '../../lib/rehearsal/page.ts';
import { renderHtml } from '../../lib/schema/report/html.ts';
import { openBrowser } from '../helpers/browser.ts';
import { difference, SAMPLE, sample } from '../helpers/comparison.ts';
import { PATIENCE } from '../helpers/embedded.ts';
import { CHECKS, RECEIPT } from '../helpers/pages.ts';

const PHONE = { width: 375, height: 667 };
const DESKTOP = { width: 1280, height: 900 };

describe.skipIf(inject('browser') === '')('the report in a browser', () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'makesafe-report-'));
    browser = await openBrowser(inject('browser'));
  }, PATIENCE);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The page as a file, as a person opens it, with everything that it did beside being shown. */
  const open = (comparison: Comparison, options: BrowserContextOptions = {}) =>
    show(renderHtml(comparison, { at: new Date(0) }), options);

  async function show(text: string, options: BrowserContextOptions) {
    const file = join(folder, 'report.html');
    writeFileSync(file, text);
    const page = await browser.newPage({ viewport: DESKTOP, ...options });
    onTestFinished(() => page.close());
    const said: string[] = [];
    const asked: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    page.on('dialog', (dialog) => said.push(dialog.message()));
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    return { page, said, asked };
  }

  const visible = (page: Page): Promise<string[]> =>
    page.locator('.difference:visible .name').allInnerTexts();
  const NAMES = [
    'mart.receive_daily',
    'TimeZone',
    'mart.target_for(date, text)',
    '受入_日付_idx on mart.receive_daily',
    'shipments_status_idx on stg.shipments',
    'mart.receive_daily',
    'mart.仕入先',
    'stg.shipments',
  ];

  test('needs nothing but itself, and its own policy lets it work', async () => {
    const { page, said, asked } = await open(SAMPLE);
    expect(await page.locator('h1').innerText()).toContain('8 objects of vm_stg differ from local_dev');
    expect(await visible(page)).toEqual(NAMES);
    expect(asked).toEqual([page.url()]);
    expect(said).toEqual([]);
  });

  test('filters by kind, schema and text', async () => {
    const { page } = await open(SAMPLE);
    const shown = page.locator('.filter output');
    await page.getByLabel('Kind').selectOption('TABLE');
    await expect.poll(() => visible(page)).toEqual(NAMES.slice(5));
    expect(await page.locator('.kind:visible h3').allInnerTexts()).toEqual(['TABLE 3']);
    await page.getByLabel('Schema').selectOption('mart');
    await expect.poll(() => visible(page)).toEqual(NAMES.slice(5, 7));
    await page.getByLabel('Text').fill('APP_STG');
    await expect.poll(() => visible(page)).toEqual(['mart.仕入先']);
    expect(await shown.innerText()).toBe('1 of 8 shown');
    await page.getByLabel('Text').fill('nothing has this');
    await expect.poll(() => visible(page)).toEqual([]);
    await page.getByRole('button', { name: 'Show all' }).click();
    await expect.poll(() => visible(page)).toEqual(NAMES);
    expect(await shown.innerText()).toBe('8 of 8 shown');
    await page.getByLabel('Schema').selectOption('(none)');
    await expect.poll(() => visible(page)).toEqual(['TimeZone']);
  });

  test('says first what matters most, and leads there', async () => {
    const grants = Array.from({ length: 5 }, (_, at) =>
      difference({ name: `t${at}`, class: 'privileges', changes: ['PUBLIC: SELECT only in vm_stg'] }),
    );
    const { page, said } = await open(
      sample({
        differences: [
          ...SAMPLE.differences.filter(({ class: how }) => how !== 'owner' && how !== 'privileges'),
          ...grants,
        ],
      }),
    );
    expect(await page.locator('.concern h2').allInnerTexts()).toEqual([
      expect.stringMatching(/^Data could be read or written by somebody else 5 changes$/i),
      expect.stringMatching(/^Definitions 6 changes$/i),
      expect.stringMatching(/^Storage and comments 1 change$/i),
    ]);
    const access = page.locator('.concern.access');
    expect(await access.locator('li').count()).toBe(3);
    expect(await access.locator('.more').innerText()).toContain('and 2 more');
    await access.getByRole('button', { name: 'show them' }).click();
    await expect.poll(() => visible(page)).toEqual(grants.map(({ name }) => `mart.${name}`));
    expect(await page.getByLabel('Class').inputValue()).toBe('access');

    // A line leads to its difference, though that is filtered away and closed.
    await page.getByRole('button', { name: 'Close all' }).click();
    await page.locator('.concern.storage li button').click();
    const shown = page.locator('.difference:visible', { hasText: '受入実績（日次）' });
    expect(await shown.locator('.changes').isVisible()).toBe(true);
    expect(await shown.locator('summary:focus').count()).toBe(1);
    expect(said).toEqual([]);
  });

  test('filters by class and side', async () => {
    const { page } = await open(SAMPLE);
    const options = (label: string): Promise<string[]> =>
      page.getByLabel(label).locator('option').allInnerTexts();
    expect(await options('Side')).toEqual([
      'all (8)',
      'only in local_dev (1)',
      'only in vm_stg (1)',
      'different in both (6)',
    ]);
    expect(await options('Class')).toEqual([
      'all (8)',
      'data could be read or written by somebody else (2)',
      'definitions (5)',
      'storage and comments (1)',
    ]);
    await page.getByLabel('Class').selectOption('definition');
    await page.getByLabel('Side').selectOption('compared');
    await expect.poll(() => visible(page)).toEqual(['shipments_status_idx on stg.shipments']);
    await page.getByLabel('Side').selectOption('base');
    await expect.poll(() => visible(page)).toEqual(['受入_日付_idx on mart.receive_daily']);
    await page.getByLabel('Class').selectOption('access');
    await expect.poll(() => visible(page)).toEqual([]);
    await page.getByRole('button', { name: 'Show all' }).click();
    await expect.poll(() => visible(page)).toEqual(NAMES);
  });

  test('by keyboard alone', async () => {
    const { page } = await open(SAMPLE);
    const press = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    // Behind the lines of the overview.
    const before = (await page.locator('.overview button').count()) + 1;
    for (let key = 0; key < before; key++) await press('Tab');
    await page.keyboard.type('INDEX');
    await expect.poll(() => visible(page)).toEqual(NAMES.slice(3, 5));
    await press('Tab');
    await page.keyboard.type('stg');
    await expect.poll(() => visible(page)).toEqual(NAMES.slice(4, 5));
    await press('Tab', 'Tab', 'Tab', 'Tab', 'Enter');
    await expect.poll(() => visible(page)).toEqual(NAMES);
    await press('Tab', 'Space');
    expect(await page.locator('.changes:visible').count()).toBe(0);
    await press('Tab', 'Enter');
    expect(await page.locator('.changes:visible').allInnerTexts()).toEqual([
      "comment 'Received <b>net</b>' → '受入実績（日次）'",
    ]);
    const outlined = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(outlined).not.toBe('none');
  });

  test('without scripts everything is shown, and no filter that does nothing', async () => {
    const { page } = await open(SAMPLE, { javaScriptEnabled: false });
    expect(await visible(page)).toEqual(NAMES);
    expect(await page.locator('.changes:visible').count()).toBe(NAMES.length);
    expect(await page.locator('.filter').isVisible()).toBe(false);
    expect(await page.locator('.overview li:visible').count()).toBeGreaterThan(0);
    expect(await page.locator('.overview button:enabled').count()).toBe(0);
  });

  test('definitions stand side by side, with the words that changed marked', async () => {
    const { page } = await open(SAMPLE);
    const table = page.locator('.difference', { hasText: 'numeric(10,2) →' }).locator('table');
    expect(await table.locator('del').allInnerTexts()).toEqual(['10']);
    expect(await table.locator('ins').allInnerTexts()).toEqual(['12', ',']);
    const row = table.locator('tr.changed');
    const [left, right] = [
      await row.locator('.base').boundingBox(),
      await row.locator('.compared').boundingBox(),
    ];
    expect(right!.y).toBe(left!.y);
    expect(right!.x).toBeGreaterThanOrEqual(left!.x + left!.width);
  });

  test.each(['light', 'dark'] as const)('fits a phone, %s', async (colorScheme) => {
    const { page } = await open(SAMPLE, { viewport: PHONE, colorScheme });
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(PHONE.width);
    const row = page.locator('.difference', { hasText: 'numeric(10,2) →' }).locator('tr.changed');
    const [above, below] = [
      await row.locator('.base').boundingBox(),
      await row.locator('.compared').boundingBox(),
    ];
    expect(below!.y).toBeGreaterThanOrEqual(above!.y + above!.height);
    // Equal lines once.
    expect(await page.locator('tr.same .compared:visible').count()).toBe(0);
    for (const target of await page.locator('.filter :is(select, input, button)').all())
      expect((await target.boundingBox())!.height).toBeGreaterThanOrEqual(36);
  });

  test.each(['light', 'dark'] as const)(
    'can be read, %s: enough contrast everywhere',
    async (colorScheme) => {
      const { page } = await open(sample({ incomplete: ['x'] }), { colorScheme });
      expect(await page.evaluate(LOW_CONTRAST)).toEqual([]);
    },
  );

  test('prints on white, with what was closed and without the filter', async () => {
    const { page } = await open(SAMPLE, { colorScheme: 'dark' });
    await page.getByRole('button', { name: 'Close all' }).click();
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.locator('.filter').isVisible()).toBe(false);
    expect(await page.getByText('column 備考 only in vm_stg').isVisible()).toBe(true);
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.length).toBeGreaterThan(10_000);
  });

  test('hostile names, comments and definitions are text', async () => {
    const hostile = `</script></style></title><script>alert(1)</script><img src=x onerror=alert(2)>"onclick='alert(3)'<b>`;
    const comparison = sample({
      compared: { ...SAMPLE.compared, label: hostile, database: hostile },
      objects: [{ kind: hostile, identical: 0, equivalent: 0, different: 1, ignored: 0 }],
      differences: [
        difference({
          kind: hostile,
          schema: hostile,
          name: hostile,
          changes: [hostile],
          base: hostile,
          compared: `${hostile}2`,
        }),
        difference({ schema: 'a"b' }),
      ],
      ignored: [{ pattern: hostile, count: 1 }],
      limits: [hostile],
    });
    const { page, said, asked } = await open(comparison);
    expect(await page.locator('.changes').first().innerText()).toBe(hostile);
    expect(await page.locator('img, b > *, main script ~ script').count()).toBe(0);
    expect(await page.title()).toContain(hostile);
    await page.getByLabel('Schema').selectOption(hostile);
    await expect.poll(() => visible(page)).toEqual([`${hostile}.${hostile}`]);
    expect(said).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  test.each([
    ['al-rehearse-env', renderReceiptPage(RECEIPT)],
    ['al-check', renderChecksPage(CHECKS)],
  ])('the page of %s: complete, readable, and no wider than a phone', async (_task, text) => {
    const { page, said, asked } = await show(text, { viewport: PHONE });
    expect(await page.locator('h1').innerText()).toMatch(/revisions/);
    expect(await page.locator('.concern:visible').count()).toBeGreaterThan(0);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(PHONE.width);
    expect(await page.evaluate(LOW_CONTRAST)).toEqual([]);
    expect(said).toEqual([]);
    expect(asked).toEqual([page.url()]);
  });

  test('even what got in would not run', async () => {
    const { page, said } = await open(SAMPLE);
    await page.evaluate(
      `document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.ran = 1">')`,
    );
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { text: 'window.ran = 1' }))`,
    );
    await expect
      .poll(() => said.filter((text) => text.includes('Content Security Policy')).length)
      .toBeGreaterThan(1);
    expect(await page.evaluate('window.ran')).toBeUndefined();
  });

  test('a thousand differences are filtered', async () => {
    const many = Array.from({ length: 1000 }, (_, at) => ({ ...SAMPLE.differences[5]!, name: `t_${at}` }));
    const { page } = await open(sample({ differences: many }));
    await page.evaluate(`document.querySelector('.filter input').value = 't_999'; filter()`);
    expect(await visible(page)).toEqual(['mart.t_999']);
  });
});

/** Texts whose contrast with what is behind them is below 4.5 to 1 (WCAG 2.2, 1.4.3), run in the page. */
const LOW_CONTRAST = `(() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, alpha = 1] = parse(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const low = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: element, textContent } = walker.currentNode;
    if (textContent.trim() === '' || !element.checkVisibility()) continue;
    const { color, opacity } = getComputedStyle(element);
    const back = behind(element);
    const front = parse(color).slice(0, 3).map((v, at) => v * opacity + back[at] * (1 - opacity));
    const [high, deep] = [light(front), light(back)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (deep + 0.05);
    if (ratio < 4.5) low.add(element.className + ' ' + element.tagName + ' ' + ratio.toFixed(2));
  }
  return [...low];
})()`;
