import stringWidth from 'fast-string-width';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PATIENCE, connect, useEmbedded } from '../helpers/embedded.ts';
import { HAS_TMUX, Tmux } from '../helpers/tmux.ts';

const ENV = 'ENV=local_demo';

describe.skipIf(!HAS_TMUX)('what a terminal of 80 columns shows', () => {
  const scratch = useEmbedded();
  const tmux = new Tmux(() => scratch.root);
  const screen = async (words: string): Promise<string[]> =>
    (await tmux.screen(scratch.taskCommand(words))).slice(0, -1);

  /** What is another one in each run. */
  const still = (rows: readonly string[]): string[] =>
    rows.map((row) =>
      row
        .replaceAll(/\bprocess \d+/g, 'process <pid>')
        .replaceAll(/\bhost \S+/g, 'host <host>')
        .replaceAll(/\b\d{4}-\d\d-\d\d \d\d:\d\d/g, '<time>')
        .replaceAll(/\babout \d+ rows?/g, 'about <n> rows')
        .replaceAll(scratch.root, '<root>')
        .replaceAll(/\b\d{16,}\b/g, '<system>')
        .replaceAll(/\b(?:127\.0\.0\.1:)\d+/g, '127.0.0.1:<port>')
        .replaceAll(/\b\d+(?:\.\d+)? (kB|MB|GB|ms|s)\b/g, '<n> $1'),
    );

  beforeAll(async () => {
    await scratch.mustTask(`up ${ENV}`);
    await scratch.mustTask(`al-up-env ${ENV}`);
    const client = await connect(scratch, { database: 'core_demo' });
    await client.query(
      'CREATE MATERIALIZED VIEW mart."月次の品目別の入荷実績と目標の比較" AS SELECT 1 WITH NO DATA; CREATE MATERIALIZED VIEW mart."週次の品目別の入荷実績と目標の比較" AS SELECT 1 WITH NO DATA',
    );
    await client.end();
  }, PATIENCE);
  afterAll(() => tmux.end());

  test.each([
    ['help', /^ {2}⚠ restore-from-sql +Replace/m],
    ['help TASK=db-rebuild-env', /^ {2}METHOD=/m],
    [`check ${ENV}`, /^✓ /m],
    [`db-verify-env ${ENV}`, /^ +目標の比較|月次の品目別/m],
    [`db-reset-db-env ${ENV} DRY_RUN=1`, /^ {4}environment/m],
  ])('%s is broken between words only', async (words, said) => {
    const rows = await screen(words);
    expect(rows.join('\n')).toMatch(said);
    // What is to be typed, a path and the statements of a dry run stay whole, to be copied.
    const ofPlan = rows.findIndex((row) => row.startsWith('[info] dry run'));
    const ours = ofPlan < 0 ? rows : rows.slice(0, ofPlan);
    const wide = ours.filter((row) => stringWidth(row) > 80 && !/^\[next\]|\S{40,}$/.test(row));
    expect(wide).toEqual([]);
    const snapshot = `screens/${words.replaceAll(/\W+/g, '-')}.txt`;
    await expect(`${still(ours).join('\n')}\n`).toMatchFileSnapshot(snapshot);
  });

  test('a rebuild is six lines and a summary, and says nothing twice', async () => {
    const rows = await screen(`db-rebuild-env ${ENV} WAIT=0`);
    expect(rows.filter((row) => stringWidth(row) > 80 && !/^\[next\]|\S{40,}$/.test(row))).toEqual([]);
    const steps = rows.slice(rows.findIndex((row) => row.startsWith('✓ reset')));
    const shown = steps
      .join('\n')
      .replaceAll(/\d+\.\d s/g, 'x.x s')
      .replaceAll(/ +x\.x s/g, ' x.x s');
    expect(shown).toBe(`✓ reset x.x s  server and data of local_demo are gone
✓ up x.x s  database core_demo answers
✓ bootstrap x.x s  roles are made
✓ migrate x.x s  17 revisions; the roles can read what was made
✓ current x.x s  20251211_140000000 (head)
✓ verify x.x s  as it should be
[ok] local_demo is rebuilt in x.x s
    revision   20251211_140000000
    tables     11
    roles      app_demo (owner), app_readonly
[next] npx tsx tasks/backup.ts ENV=local_demo`);
  });
});
