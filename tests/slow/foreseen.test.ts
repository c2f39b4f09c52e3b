import { beforeAll, describe, expect, test } from 'vitest';
import { PATIENCE, localAsker, useEmbedded } from '../helpers/embedded.ts';
import { revisionsIn } from '../helpers/revisions.ts';

const INI = 'app/backend/core_api/migrations/alembic.ini';
const HEAD = '20251211_140000000';
const entry = { stack: 'embedded', protected: true, alembicIni: INI } as const;
const UP = 'al-up-env ENV=emb_prod BACKUP=skip';

describe('what a migration of a protected environment will do, by its rehearsal', () => {
  const scratch = useEmbedded({
    environments: { emb_prod: { entry }, strict: { entry: { ...entry, rehearse: 'required' } } },
  });
  const { sql } = localAsker(scratch, 'emb_prod', 'app', 'core');
  const { revision } = revisionsIn(scratch);
  const at = (): Promise<string> => sql('SELECT version_num FROM alembic_version');
  const DROP = 'op.execute("ALTER TABLE mart.noted DROP COLUMN other")';

  beforeAll(async () => {
    await scratch.mustTask('up ENV=emb_prod');
    await scratch.mustTask(UP);
    await sql('CREATE TABLE mart.noted AS SELECT 1 AS id, 2 AS other');
    revision('r1', HEAD, DROP);
  }, PATIENCE);

  test('not rehearsed: a warning with the line to type, unless the registry wants one', async () => {
    const { stderr } = await scratch.mustTask(`${UP} DRY_RUN=1`);
    expect(stderr).toContain(
      '[warn] what it will do to this database is not known: it was not rehearsed; to know it before: ',
    );
    await scratch.mustTask('up ENV=strict');
    const refused = await scratch.runTask(`al-up-env ENV=strict BACKUP=skip REV=${HEAD}`);
    expect(refused.stderr).toContain('is not known: it was not rehearsed');
    expect(refused.stderr).toMatch(/\[next\] .*al-rehearse-env.* ENV=strict TO=\S+\n.*ALLOW=unrehearsed$/m);
    expect(refused.status).toBe(77);
    await scratch.mustTask(`al-up-env ENV=strict BACKUP=skip REV=${HEAD} ALLOW=unrehearsed`);
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

  test('a file that was changed afterwards is not what was rehearsed', async () => {
    revision('r1', HEAD, `${DROP}  # edited`);
    const { stderr } = await scratch.mustTask(`${UP} DRY_RUN=1`);
    expect(stderr).toContain('the file of r1 was changed after the rehearsal');
    revision('r1', HEAD, DROP);
  });

  test('what was allowed is on the screen, and runs', async () => {
    const { stderr } = await scratch.mustTask(`${UP} ALLOW=deletes-data,irreversible`);
    expect(stderr).toMatch(/^ {4}hazards {6}deletes-data +r1, statement 1: drops column other/m);
    expect(stderr).toContain('[ok] emb_prod: migrated to head');
    expect(await at()).toBe('r1');
  });
});
