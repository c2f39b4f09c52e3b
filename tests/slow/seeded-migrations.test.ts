import { readdirSync, rmSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Receipt } from '../../lib/migrations/receipt.ts';
import { sampleOf } from '../helpers/commit.ts';
import { PATIENCE, localAsker, useEmbedded } from '../helpers/embedded.ts';
import {
  FAILING,
  HARMLESS,
  HAZARDOUS,
  TABLE,
  UNSTEADY,
  type SeededMigration,
} from '../helpers/seeded-migrations.ts';

const INI = 'app/backend/core_api/migrations/alembic.ini';
const VERSIONS = 'app/backend/core_api/migrations/alembic/versions';
const HEAD = '20251211_140000000';
const SCHEMA = 'seeded';
/** Milliseconds: more than forty revisions, some of which wait on purpose. */
const SLOW = 3 * PATIENCE;

/** `SEEDED=all` takes all of those that need a rehearsal each. */
const failing = process.env['SEEDED'] === 'all' ? FAILING : sampleOf(FAILING, 3);

describe('seeded migrations, before anything happens in a protected environment', () => {
  const entry = { stack: 'embedded', alembicIni: INI, hazards: { blocks: 1, long: 4 } } as const;
  const scratch = useEmbedded({
    only: [],
    environments: {
      live: { entry: { ...entry, protected: true, rehearse: 'required' } },
      spare: { entry: { ...entry, protected: false } },
    },
  });
  const { sql } = localAsker(scratch, 'live', 'app', 'core');
  const written: string[] = [];

  const filled = (text: string, id: string): string =>
    text.replaceAll('{T}', `${SCHEMA}.${id}`).replaceAll('{I}', id).replaceAll('{S}', SCHEMA);
  const write = (
    kind: string,
    before: string,
    { id, up, down = 'op.execute("SELECT 1")' }: SeededMigration,
  ): string => {
    const revision = `${kind}_${id}`;
    const lines =
      typeof up === 'string' ? up : up.map((one) => `op.execute(${JSON.stringify(one)})`).join('\n');
    const body = (text: string): string => filled(text, revision).replaceAll(/^(?=.)/gm, '    ');
    const back = down === null ? '' : `\n\ndef downgrade():\n${body(down)}\n`;
    written.push(`${VERSIONS}/${revision}.py`);
    scratch.write(
      written.at(-1)!,
      `from alembic import op\n\nrevision = "${revision}"\ndown_revision = "${before}"\n\n\ndef upgrade():\n${body(lines)}\n${back}`,
    );
    return revision;
  };
  const away = (): void => written.splice(0).forEach((file) => rmSync(scratch.path(file), { force: true }));
  const chain = (kind: string, all: readonly SeededMigration[]): string =>
    all.reduce((before, one) => write(kind, before, one), HEAD);
  const set = (kind: string, all: readonly SeededMigration[]): string =>
    all.map(({ id, sql: more = '' }) => `${filled(`${TABLE} ${more}`, `${kind}_${id}`)};`).join('\n');
  const newest = (): Receipt => {
    const folder = 'journal/rehearsals';
    const file = readdirSync(scratch.path(folder)).sort().at(-1)!;
    return JSON.parse(scratch.read(`${folder}/${file}`)) as Receipt;
  };
  /** What a migration changes: tables with their storage, and where Alembic is. */
  const state = (): Promise<string> =>
    sql(
      `SELECT string_agg(concat_ws(' ', c.oid, relname, relfilenode, relnatts), ',' ORDER BY c.oid) || (SELECT version_num FROM alembic_version)
       FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname IN ('${SCHEMA}', 'public')`,
    );
  const refused = async (reason: string | RegExp, words = ''): Promise<void> => {
    const before = await state();
    const { status, stderr } = await scratch.runTask(`al-up-env ENV=live BACKUP=skip ${words}`);
    expect(stderr).toMatch(reason);
    expect(status, stderr).toBe(77);
    expect(await state()).toBe(before);
  };

  beforeAll(async () => {
    for (const name of ['live', 'spare']) await scratch.mustTask(`up ENV=${name}`);
    await scratch.mustTask('al-up-env ENV=live BACKUP=skip ALLOW=unrehearsed');
    await sql(
      `CREATE SCHEMA ${SCHEMA}; ${set('ok', HARMLESS)} ${set('bad', HAZARDOUS)} ${set('fails', FAILING)} ${set('else', UNSTEADY)}`,
    );
    await scratch.mustTask('backup ENV=live');
  }, PATIENCE);

  test(
    `${HAZARDOUS.length} that are dangerous: each with its kinds of hazards, and with no other one`,
    async () => {
      const last = chain('bad', HAZARDOUS);
      const { status, stderr } = await scratch.runTask('al-rehearse-env ENV=live ON=spare');
      expect(status, stderr).toBe(0);
      const { hazards, to } = newest();
      const kinds = (id: string): string[] =>
        [
          ...new Set(hazards.filter(({ revision }) => revision === `bad_${id}`).map(({ kind }) => kind)),
        ].sort();
      expect(to).toEqual([last]);
      expect(Object.fromEntries(HAZARDOUS.map(({ id }) => [id, kinds(id)]))).toEqual(
        Object.fromEntries(HAZARDOUS.map(({ id, hazards: expected }) => [id, [...expected].sort()])),
      );
      await refused(
        /not allowed: deletes-data, blocks-reads, blocks-writes, rewrites-table, long, not-transactional, irreversible/,
      );
      await refused(
        'not allowed: irreversible',
        'ALLOW=deletes-data,blocks-reads,blocks-writes,rewrites-table,long,not-transactional',
      );
    },
    SLOW,
  );

  test(
    'what has changed since the rehearsal has none: files, revisions, where the database is',
    async () => {
      const [first, second, third] = HAZARDOUS.map((one): SeededMigration => one) as [
        SeededMigration,
        SeededMigration,
        SeededMigration,
      ];
      const all = 'ALLOW=deletes-data,irreversible';
      away();
      write('bad', write('bad', HEAD, first), second);
      await scratch.mustTask('al-rehearse-env ENV=live ON=spare');
      write('bad', HEAD, { ...first, up: ['ALTER TABLE {T} DROP COLUMN note, DROP COLUMN price'] });
      await refused(`the file of bad_${first.id} was changed after the rehearsal`, all);
      away();
      write('bad', write('bad', write('bad', HEAD, first), second), third);
      await refused(/is not known: /, all);
      away();
      write('bad', HEAD, second);
      await refused(/is not known: /, all);
    },
    SLOW,
  );

  test.each(failing.map((one) => [one.id, one] as const))('fails on the copy: %s', async (_id, seed) => {
    away();
    const revision = write('fails', HEAD, seed);
    const before = await state();
    const { status, stderr } = await scratch.runTask('al-rehearse-env ENV=live ON=spare');
    expect(stderr).toContain(`[error] revision ${revision} failed`);
    expect(stderr).toContain(seed.says);
    expect(status).toBe(1);
    expect(newest()).toMatchObject({ migrated: false, to: [HEAD] });
    expect(await state()).toBe(before);
    await refused(/is not known: /);
  });

  test.each(UNSTEADY.map((one) => [one.id, one] as const))(
    'comes to something else: %s',
    async (id, seed) => {
      away();
      write('else', HEAD, seed);
      await scratch.mustTask('al-rehearse-env ENV=live ON=spare');
      if (id === 'rows') await sql(`INSERT INTO ${SCHEMA}.else_rows (id, note) VALUES (1000, 'later')`);
      const before = await state();
      const { status, stderr } = await scratch.runTask('al-up-env ENV=live BACKUP=skip');
      expect(stderr).not.toContain('[ok] live');
      expect(status, stderr).toBe(1);
      expect(await state()).toBe(before);
    },
    PATIENCE,
  );

  test(
    'a schema that somebody has changed by hand is not the one of the rehearsal',
    async () => {
      away();
      write('ok', HEAD, HARMLESS[0]!);
      await scratch.mustTask('al-rehearse-env ENV=live ON=spare');
      await sql(`ALTER TABLE ${SCHEMA}.ok_rows ADD by_hand int`);
      await refused(/is not known: /);
      await sql(`ALTER TABLE ${SCHEMA}.ok_rows DROP by_hand`);
    },
    PATIENCE,
  );

  test(
    `${HARMLESS.length} that are harmless: none has a hazard, and they run without a word from anybody`,
    async () => {
      away();
      const last = chain('ok', HARMLESS);
      const { status, stderr } = await scratch.runTask('al-rehearse-env ENV=live ON=spare');
      expect(status, stderr).toBe(0);
      expect(newest().hazards).toEqual([]);
      const up = await scratch.mustTask('al-up-env ENV=live BACKUP=skip');
      expect(up.stderr).toMatch(/^ +hazards +none, by the rehearsal of /m);
      expect(await sql('SELECT version_num FROM alembic_version')).toBe(last);
    },
    SLOW,
  );
});
