import { beforeAll, describe, expect, test } from 'vitest';
import { PATIENCE, localAsker, useEmbedded } from '../helpers/embedded.ts';
import { newestReceiptFile } from '../helpers/receipts.ts';
import { HEAD, INI, VERSIONS, revisionsIn } from '../helpers/revisions.ts';

const entry = { stack: 'embedded', protected: true, wall: false, alembicIni: INI } as const;
const UP = 'al-up-env ENV=emb_prod BACKUP=skip';
const MEANT = 'ALLOW=deletes-data,irreversible';

describe('what a migration of a protected environment will do, by its rehearsal', () => {
  const scratch = useEmbedded({
    environments: { emb_prod: { entry }, strict: { entry: { ...entry, rehearse: 'required' } } },
  });
  const { sql } = localAsker(scratch, 'emb_prod', 'app', 'core');
  const { revision } = revisionsIn(scratch);
  const at = (): Promise<string> => sql('SELECT version_num FROM alembic_version');
  const columns = (): Promise<string> =>
    sql(`SELECT string_agg(column_name, ',' ORDER BY ordinal_position) FROM information_schema.columns
      WHERE table_name = 'noted'`);
  const DROP = 'op.execute("ALTER TABLE mart.noted DROP COLUMN other")';

  beforeAll(async () => {
    await scratch.mustTask('up ENV=emb_prod');
    await scratch.mustTask(UP);
    await sql('CREATE TABLE mart.noted AS SELECT 1 AS id, 2 AS other');
    revision('r1', HEAD, DROP);
  }, PATIENCE);

  test('not rehearsed: tried on a copy of the schema, and a warning, unless the registry wants a rehearsal', async () => {
    const before = await at();
    const wanted = await scratch.runTask(UP);
    expect(wanted.stderr).toContain(
      'deletes-data     r1, statement 1: drops column other of mart.noted, which held data in 1 row\n',
    );
    expect(wanted.stderr).toMatch(
      /^ +locks +r1: mart\.noted \(readers wait\)\n +not known +rows that change, and times/m,
    );
    expect(wanted.stderr).toContain('not allowed: deletes-data, irreversible');
    expect(wanted.stderr).toMatch(
      /\[next\] .*al-rehearse-env.* ENV=emb_prod\n.*not knowing the rest: .*ALLOW=deletes-data,irreversible$/m,
    );
    expect(wanted.stderr).not.toContain('Running upgrade');
    expect(wanted.status).toBe(77);
    expect(await at()).toBe(before);
    await scratch.mustTask('up ENV=strict');
    const refused = await scratch.runTask(`al-up-env ENV=strict BACKUP=skip REV=${HEAD}`);
    expect(refused.stderr).toContain('is not known: it was not rehearsed');
    expect(refused.stderr).toMatch(/\[next\] .*al-rehearse-env.* ENV=strict TO=\S+\n.*ALLOW=unrehearsed$/m);
    expect(refused.status).toBe(77);
    await scratch.mustTask(`al-up-env ENV=strict BACKUP=skip REV=${HEAD} ALLOW=unrehearsed`);
  });

  test('what cannot be tried on a copy of the schema is said in a line, and goes on as before', async () => {
    await sql('ALTER TABLE mart.noted RENAME other TO others');
    const { stderr, status } = await scratch.runTask(`${UP} ALLOW=deletes-data`);
    expect(stderr).toMatch(
      /\[warn\] what it will do to this database is not known: it was not rehearsed, and this machine cannot try it on a copy of the schema \(it failed on a copy of the schema: revision r1 failed; .*\); to know it before: /,
    );
    expect(stderr).toContain('[warn] ALLOW names what nobody has seen there: deletes-data\n');
    expect(stderr).toContain('[error] revision r1 failed; core is at ');
    expect(status).toBe(1);
    await sql('ALTER TABLE mart.noted RENAME others TO other');
  });

  test('its hazards want to be typed, and only those that there are', async () => {
    await scratch.mustTask('backup ENV=emb_prod');
    await scratch.mustTask('al-rehearse-env ENV=emb_prod');
    const before = await at();
    for (const [words, reason] of [
      ['', 'not allowed: deletes-data, irreversible'],
      ['ALLOW=deletes-data', 'not allowed: irreversible'],
      ['ALLOW=deletes-data,irreversible,long', 'ALLOW names what is not there: long'],
    ] as const) {
      const { stderr, status } = await scratch.runTask(`${UP} ${words}`);
      expect(stderr).toMatch(
        /^ +deletes-data +r1, statement 1: drops column other of mart\.noted, which held/m,
      );
      expect(stderr).toContain(reason);
      expect(stderr).toMatch(/\[next\] if that is meant: .*ENV=emb_prod ALLOW=deletes-data,irreversible$/m);
      expect(status).toBe(77);
      expect(await at()).toBe(before);
    }
    // A variable that was exported once is no consent.
    const exported = await scratch.runTask(UP, { env: { ALLOW: 'deletes-data,irreversible' } });
    expect(exported.status).toBe(77);
  });

  test('a receipt that somebody has edited is not believed', async () => {
    const path = newestReceiptFile(scratch, 'emb_prod');
    const text = scratch.read(path);
    scratch.write(path, text.replace(/"hazards": \[[\s\S]*?\n {2}\]/, '"hazards": []'));
    const { stderr } = await scratch.mustTask(`${UP} DRY_RUN=1 ${MEANT}`);
    expect(stderr).toContain('is not known: the receipt was changed after the rehearsal, or the password');
    scratch.write(path, text);
  });

  test('a schema that was changed by hand is not what was rehearsed', async () => {
    await sql('CREATE TABLE mart.by_hand (a int)');
    const { stderr } = await scratch.mustTask(`${UP} DRY_RUN=1 ${MEANT}`);
    expect(stderr).toContain('is not known: the schema is not the one that the rehearsal began with');
    await sql('DROP TABLE mart.by_hand');
  });

  test('a file that was changed afterwards is not what was rehearsed', async () => {
    revision('r1', HEAD, `${DROP}  # edited`);
    const { stderr } = await scratch.mustTask(`${UP} DRY_RUN=1 ${MEANT}`);
    expect(stderr).toContain('the file of r1 was changed after the rehearsal');
    revision('r1', HEAD, DROP);
  });

  test('what was allowed is on the screen, and runs', async () => {
    const { stderr } = await scratch.mustTask(`${UP} ALLOW=deletes-data,irreversible`);
    expect(stderr).toMatch(/^ {4}hazards {6}deletes-data +r1, statement 1: drops column other/m);
    expect(stderr).toContain('[ok] emb_prod: migrated to head');
    expect(await at()).toBe('r1');
  });

  test('what is not what was rehearsed is stopped before it is sent, unless that is allowed', async () => {
    scratch.write('statement.sql', 'ALTER TABLE mart.noted ADD COLUMN one int');
    const line = `op.execute(open(${JSON.stringify(scratch.path('statement.sql'))}).read())`;
    revision('r2', 'r1', line);
    await scratch.mustTask('backup ENV=emb_prod');
    await scratch.mustTask('al-rehearse-env ENV=emb_prod');
    scratch.write('statement.sql', 'ALTER TABLE mart.noted ADD COLUMN another int');
    const { stderr, status } = await scratch.runTask(`${UP} ALLOW=irreversible`);
    expect(stderr).toContain(
      [
        '[error] revision r2 does not do what was rehearsed, and is not applied; core is at r1',
        `        file       ${VERSIONS}/r2.py, line 8`,
        '        rehearsed  ALTER TABLE of mart.noted',
        '        now        ALTER TABLE mart.noted ADD COLUMN another int',
        '        undone     r2: rolled back\n',
      ].join('\n'),
    );
    expect(stderr).toMatch(/\[next\] rehearse it as it is now: .*al-rehearse-env.* ENV=emb_prod\n/);
    expect(stderr).toMatch(/or, if it differs each time: .* ENV=emb_prod ALLOW=irreversible,unrehearsed$/m);
    expect(status).toBe(1);
    expect(await at()).toBe('r1');
    expect(await columns()).toBe('id');
    const allowed = await scratch.runTask(`${UP} ALLOW=irreversible,unrehearsed`);
    expect(allowed.stderr).toContain('[warn] revision r2 did not do what was rehearsed\n');
    expect(await columns()).toBe('id,another');
    // What it has made is another thing, too, and that is no [ok].
    expect(allowed.stderr).toContain('its schema is not the one that the rehearsal made');
    expect(allowed.status).toBe(1);
  });

  test('the schema at the end has to be the rehearsed one; the same one is', async () => {
    const only = (database: string): string =>
      `op.execute("DO $$ BEGIN IF current_database() = '${database}' THEN CREATE TABLE mart.more (a int); END IF; END $$")`;
    for (const [id, before, database, status] of [
      ['r3', 'r2', 'nowhere', 0],
      ['r4', 'r3', 'core', 1],
    ] as const) {
      revision(id, before, only(database));
      await scratch.mustTask('al-rehearse-env ENV=emb_prod');
      const result = await scratch.runTask(`${UP} ALLOW=irreversible`);
      expect([result.status, result.stderr]).toEqual([status, expect.anything()]);
      expect(result.stderr.includes('its schema is not the one that the rehearsal made')).toBe(status === 1);
      expect(await at()).toBe(id);
    }
  });
});
