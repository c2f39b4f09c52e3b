import stringWidth from 'fast-string-width';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PATIENCE, connect, useEmbedded } from '../helpers/embedded.ts';
import { cleanEnvironment, run } from '../helpers/processes.ts';

const ENV = 'ENV=local_demo';
const HAS_TMUX = (await run(['tmux', '-V']).catch(() => ({ status: 1 }))).status === 0;

describe.skipIf(!HAS_TMUX)('what a terminal of 80 columns shows', () => {
  const scratch = useEmbedded();
  const socket = `makesafe-${randomBytes(4).toString('hex')}`;
  const tmux = (...words: string[]): string =>
    execFileSync('tmux', ['-L', socket, ...words], {
      ...{ encoding: 'utf8' as const, cwd: scratch.root, env: cleanEnvironment() },
    });

  /** All rows of a command once it has ended, those that the terminal had to break joined again. */
  async function screen(words: string): Promise<string[]> {
    const line = scratch.taskCommand(words).map((word) => `'${word.replaceAll("'", "'\\''")}'`);
    tmux(
      'new-session',
      '-d',
      '-s',
      'one',
      '-x',
      '80',
      '-y',
      '50',
      `${line.join(' ')}; echo "ended $?"; read wait`,
    );
    tmux('set-option', '-t', 'one', 'history-limit', '5000');
    for (;;) {
      const rows = tmux('capture-pane', '-p', '-J', '-S', '-500', '-t', 'one').trimEnd().split('\n');
      if (/^ended \d+$/.test(rows.at(-1)!)) {
        tmux('kill-session', '-t', 'one');
        return rows.slice(0, -1).map((row) => row.trimEnd());
      }
      await sleep(100);
    }
  }

  beforeAll(async () => {
    await scratch.mustTask(`up ${ENV}`);
    await scratch.mustTask(`al-up-env ${ENV}`);
    const client = await connect(scratch, { database: 'core_demo' });
    await client.query(
      'CREATE MATERIALIZED VIEW mart."月次の品目別の入荷実績と目標の比較" AS SELECT 1 WITH NO DATA; CREATE MATERIALIZED VIEW mart."週次の品目別の入荷実績と目標の比較" AS SELECT 1 WITH NO DATA',
    );
    await client.end();
  }, PATIENCE);
  afterAll(() => {
    try {
      tmux('kill-server');
    } catch {
      // With its last session it has ended by itself.
    }
  });

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
    const wide = (ofPlan < 0 ? rows : rows.slice(0, ofPlan)).filter(
      (row) => stringWidth(row) > 80 && !/^\[next\]|\S{40,}$/.test(row),
    );
    expect(wide).toEqual([]);
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
