import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Comparison } from '../../lib/schema/compare/comparison.ts';
import { renderHtml } from '../../lib/schema/report/html.ts';
import { renderJson } from '../../lib/schema/report/json.ts';
import { markup } from '../../lib/schema/report/markup.ts';
import { printable } from '../../lib/output/printable.ts';
import { renderTerminal } from '../../lib/schema/report/terminal.ts';
import { difference, SAMPLE, sample } from '../helpers/comparison.ts';

const plain = (comparison: Comparison, verbose = false): string =>
  `\n${renderTerminal(comparison, { verbose, style: (_, text) => text })}\n`;

const SAME = sample({
  verdict: 'same',
  objects: [{ kind: 'TABLE', identical: 12, equivalent: 1, different: 0, ignored: 0 }],
  differences: [],
  ignored: [],
});

describe('on a terminal', () => {
  test('same', () => {
    expect(plain(SAME)).toMatchInlineSnapshot(`
      "
      ✓ vm_stg has the same schema as local_dev

      base      local_dev  environment, database core_dev, PostgreSQL 17.10, read by pg_dump 17.10
      compared  vm_stg     environment, database core_stg, PostgreSQL 15.18, read by pg_dump 17.10

      kind   identical  equivalent  different  ignored
      TABLE         12           1          0        0
      total         12           1          0        0
      "
    `);
  });

  test('different', () => {
    expect(plain(SAMPLE)).toMatchInlineSnapshot(`
      "
      ✗ 8 objects of vm_stg differ from local_dev

      base      local_dev  environment, database core_dev, PostgreSQL 17.10, read by pg_dump 17.10
      compared  vm_stg     environment, database core_stg, PostgreSQL 15.18, read by pg_dump 17.10

      data could be read or written by somebody else: 3 changes
        ~ mart.仕入先: owner app_dev → app_stg
        ~ mart.仕入先: owner of its sequence app_dev → app_stg
        ~ stg.shipments: app_readonly: SELECT only in local_dev

      definitions: 6 changes
        - 受入_日付_idx on mart.receive_daily: only in local_dev (INDEX)
        + shipments_status_idx on stg.shipments: only in vm_stg (INDEX)
        ~ TimeZone: UTC → Asia/Tokyo (DATABASE SETTING)
        … and 3 more

      storage and comments: 1 change
        ~ mart.receive_daily: comment 'Received <b>net</b>' → '受入実績（日次）'

      kind              identical  equivalent  different  ignored
      COMMENT                   4           0          1        0
      DATABASE SETTING          2           0          1        0
      FUNCTION                  6           0          1        0
      INDEX                    31           0          2        3
      TABLE                 1,208           0          3        0
      total                 1,260           2          8        3

      ignored: 3, accepted by the registry's patterns
      "
    `);
  });

  test('different, with each definition', () => {
    const differences = SAMPLE.differences.filter(({ kind }) =>
      ['FUNCTION', 'INDEX', 'TABLE'].includes(kind),
    );
    const [, , definitions] = plain(sample({ differences }), true).split(/(?=FUNCTION: )|(?=ignored: )/);
    expect(`\n${definitions}`).toMatchInlineSnapshot(`
      "
      FUNCTION: 1 object different
        ~ mart.target_for(date, text): definition differs
              ⋯ 19 equal lines
                -- line 19
                -- line 20
                -- line 21
            -   RETURN coalesce(target, 0);  -- 目標
            -   -- line 23
            +   RETURN coalesce(target, -1);  -- 目標
            +   -- one more line
                -- line 24
                -- line 25
                -- line 26
              ⋯ 15 equal lines

      INDEX: 2 objects different
        - 受入_日付_idx on mart.receive_daily: only in local_dev
            - CREATE INDEX "受入_日付_idx" ON mart.receive_daily USING btree (received_on);
        + shipments_status_idx on stg.shipments: only in vm_stg
            + CREATE INDEX shipments_status_idx ON stg.shipments USING btree (status);

      TABLE: 3 objects different
        ~ mart.receive_daily: column net_weight numeric(10,2) → numeric(12,2)
                              column 備考 only in vm_stg
              CREATE TABLE mart.receive_daily (
                  id bigint NOT NULL,
                  received_on date NOT NULL,
            -     net_weight numeric(10,2)
            +     net_weight numeric(12,2),
            +     "備考" text
              );
        ~ mart.仕入先: owner app_dev → app_stg
                       owner of its sequence app_dev → app_stg
        ~ stg.shipments: app_readonly: SELECT only in local_dev
      "
    `);
  });

  test('incomplete, a file, privileges left out', () => {
    const file = {
      label: 'backups/本番.sql',
      source: 'plain dump',
      database: 'core',
      serverVersion: undefined,
      pgDumpVersion: undefined,
    } as const;
    const comparison = sample({
      verdict: 'incomplete',
      base: file,
      privileges: 'left out',
      objects: [{ kind: 'TABLE', identical: 3, equivalent: 0, different: 1, ignored: 0 }],
      differences: [difference({ class: 'storage', changes: ['column note storage extended → external'] })],
      ignored: [],
      incomplete: ['subscriptions of vm_stg: app_stg may not see them'],
      limits: ['a plain dump does not hold extension versions'],
    });
    expect(plain(comparison)).toMatchInlineSnapshot(`
      "
      ? vm_stg and backups/本番.sql could not be compared in full; 1 object of vm_stg differs from backups/本番.sql in what could
        ? subscriptions of vm_stg: app_stg may not see them

      base      backups/本番.sql  plain dump, database core
      compared  vm_stg            environment, database core_stg, PostgreSQL 15.18, read by pg_dump 17.10

      storage and comments: 1 change
        ~ mart.receive_daily: column note storage extended → external

      kind   identical  equivalent  different  ignored
      TABLE          3           0          1        0
      total          3           0          1        0

      owners, privileges and roles were not compared
      a plain dump does not hold extension versions
      "
    `);
    expect(plain({ ...comparison, differences: [], objects: [] })).toContain(
      'could not be compared in full; no difference in what could',
    );
  });

  test('a long change is cut', () => {
    const long = `body ${'x'.repeat(5_000)}`;
    const text = plain(sample({ differences: [difference({ changes: [long] })] }));
    expect(text).toContain(`${'x'.repeat(295)} … (4,705 more characters)\n`);
  });

  test('colours tell what is only in one from what differs', () => {
    const text = renderTerminal(SAMPLE, {
      verbose: false,
      style: (style, content) => `<${[style].flat().join(' ')}>${content}</>`,
    });
    expect(text).toContain('<bold red>✗ 8 objects of vm_stg differ from local_dev</>');
    expect(text).toContain(
      '<red>-</> <bold>受入_日付_idx on mart.receive_daily:</> <red>only in local_dev</>',
    );
    expect(text).toContain(
      '<green>+</> <bold>shipments_status_idx on stg.shipments:</> <green>only in vm_stg</>',
    );
    expect(text).toContain('<yellow>~</> <bold>mart.仕入先:</> <yellow>owner app_dev → app_stg</>');
  });

  test('a name can neither forge a line nor steer the terminal', () => {
    const name = 'x\n✓ vm_stg has the same schema as local_dev\u001b[2J\r\u202e';
    const text = plain(
      sample({ differences: [difference({ name, changes: [`column ${name} only in vm_stg`] })] }),
    );
    expect(text).not.toMatch(/^\s*✓/m);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u202e]/);
    expect(text).toContain(
      'mart.x\\n✓ vm_stg has the same schema as local_dev\\u{1b}[2J\\r\\u{202e}: column',
    );
  });
});

describe('for programs', () => {
  test('every field is there, null where there is nothing', () => {
    const comparison = sample({
      compared: { ...SAMPLE.compared, serverVersion: undefined, pgDumpVersion: undefined },
      objects: SAMPLE.objects.slice(0, 1),
      differences: SAMPLE.differences.slice(3, 4),
    });
    expect(JSON.parse(renderJson(comparison))).toMatchInlineSnapshot(`
      {
        "base": {
          "database": "core_dev",
          "label": "local_dev",
          "pgDumpVersion": "17.10",
          "serverVersion": "17.10",
          "source": "environment",
        },
        "compared": {
          "database": "core_stg",
          "label": "vm_stg",
          "pgDumpVersion": null,
          "serverVersion": null,
          "source": "environment",
        },
        "counts": {
          "different": 1,
          "equivalent": 0,
          "identical": 4,
          "ignored": 0,
        },
        "differences": [
          {
            "base": "CREATE INDEX "受入_日付_idx" ON mart.receive_daily USING btree (received_on);",
            "changes": [],
            "class": "only in base",
            "compared": null,
            "concern": "definition",
            "kind": "INDEX",
            "name": "受入_日付_idx",
            "schema": "mart",
            "table": "receive_daily",
          },
        ],
        "format": 1,
        "ignored": [
          {
            "count": 3,
            "pattern": "INDEX mart.tmp_*",
          },
          {
            "count": 0,
            "pattern": "COMMENT *",
          },
        ],
        "incomplete": [],
        "limits": [],
        "objects": [
          {
            "different": 1,
            "equivalent": 0,
            "identical": 4,
            "ignored": 0,
            "kind": "COMMENT",
          },
        ],
        "privileges": "compared",
        "verdict": "different",
      }
    `);
  });

  test('the same fields, in the same order, for every difference', () => {
    const { differences } = JSON.parse(renderJson(SAMPLE)) as { differences: object[] };
    expect(differences).toHaveLength(SAMPLE.differences.length);
    const fields = new Set(differences.map((one) => Object.keys(one).join(' ')));
    expect([...fields]).toEqual(['kind schema table name class concern changes base compared']);
  });
});

describe('as a page', () => {
  const page = (comparison = SAMPLE): string =>
    renderHtml(comparison, { at: new Date('2026-03-04T05:06:07Z') });

  test('says the verdict, when, and all that was left out', () => {
    const text = page(sample({ privileges: 'left out', incomplete: ['x < y'], limits: ['no <b>'] }));
    expect(text).toContain('<title>✗ different: vm_stg and local_dev</title>');
    expect(text).toContain('2026-03-04 05:06 UTC');
    expect(text).toContain('<li>x &#60; y</li>');
    expect(text).toContain('<li>no &#60;b&#62;</li>');
    expect(text).toContain('<li>ignored: 3, accepted by the registry&#39;s patterns</li>');
    expect(text).toContain('<li>INDEX mart.tmp_*: 3 differences ignored</li>');
    expect(text).toContain('<li>owners, privileges and roles were not compared</li>');
  });

  test('its policy allows its own style and script and nothing else', () => {
    const text = page();
    const hashed = (element: string): string => {
      const content = text.match(new RegExp(`<${element}>(.*?)</${element}>`, 's'))![1]!;
      return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
    };
    expect(text.match(/http-equiv="Content-Security-Policy" content="([^"]*)"/)![1]).toBe(
      `default-src &#39;none&#39;; style-src ${hashed('style')}; script-src ${hashed('script')}; base-uri &#39;none&#39;; form-action &#39;none&#39;`.replaceAll(
        /'(sha256[^']*)'/g,
        '&#39;$1&#39;',
      ),
    );
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text).not.toMatch(/https?:|src=|href=|url\(|@import|style="/);
  });

  test('without a difference there is no filter and no script', () => {
    expect(page(SAME)).not.toMatch(/<script|<form/);
    expect(page(SAME)).toContain('vm_stg has the same schema as local_dev');
  });

  test('nothing of a schema becomes HTML', () => {
    const hostile = `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'>&amp;<!--`;
    const everywhere = sample({
      base: {
        ...SAMPLE.base,
        label: hostile,
        database: hostile,
        serverVersion: hostile,
        pgDumpVersion: hostile,
      },
      objects: [{ kind: hostile, identical: 0, equivalent: 0, different: 1, ignored: 0 }],
      differences: [
        difference({
          kind: hostile,
          schema: hostile,
          name: hostile,
          table: hostile,
          changes: [hostile],
          base: hostile,
          compared: `${hostile}!`,
        }),
      ],
      ignored: [{ pattern: hostile, count: 1 }],
      incomplete: [hostile],
      limits: [hostile],
    });
    const text = page(everywhere)
      .replace(/<style>.*?<\/style>/s, '')
      .replace(/<script>.*?<\/script>/s, '');
    expect(text).not.toMatch(/<script|<img|<!--|alert\(1\)<\/|"'>/);
    expect(text.match(/&#60;img src=x onerror=alert\(1\)&#62;/g)!.length).toBeGreaterThan(10);
  });

  test('a huge comparison gives a page that a browser can show', () => {
    const definition = (word: string): string =>
      Array.from({ length: 600 }, (_, at) => `${word} ${at}`).join('\n');
    const one = difference({ base: definition('before'), compared: definition('after') });
    const many = sample({
      differences: Array.from({ length: 400 }, (_, at) => ({ ...one, name: `t${at}` })),
    });
    const text = page(many);
    expect(text).toContain('<body class="long">');
    expect(text.match(/<tr class="changed">/g)!.length).toBeLessThan(51_000);
    expect(text).toContain('the definition is left out: this page has 50,000 lines; JSON=1 has all of it');
    expect(text.match(/<article/g)).toHaveLength(400);
  });
});

test('markup escapes what it is given, and not itself', () => {
  const inner = markup`<b>${'<&>'}</b>`;
  expect(markup`<p title="${`"'`}">${[inner, 'a', 1]}${[]}</p>`.text).toBe(
    '<p title="&#34;&#39;"><b>&#60;&#38;&#62;</b>a1</p>',
  );
});

test.each([
  ['plain, 日本語 and 😀', 'plain, 日本語 and 😀'],
  ['a\nb\r\tc', 'a\\nb\\r\\tc'],
  ['\u0000\u001b\u007f\u009b', '\\u{0}\\u{1b}\\u{7f}\\u{9b}'],
  ['\u202eabc\u2066\u200b\ufeff', '\\u{202e}abc\\u{2066}\\u{200b}\\u{feff}'],
  ['\u2028\u2029', '\\u{2028}\\u{2029}'],
  ['\ud800', '\\u{d800}'],
])('printable: %j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});
