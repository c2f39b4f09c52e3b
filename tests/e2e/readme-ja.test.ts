import { beforeAll, describe, expect, inject, test } from 'vitest';
import { asker } from '../helpers/database.ts';
import { must, succeeded } from '../helpers/processes.ts';
import { blockWith, formOf, ofOurs, partOf, QUOTED, WITHOUT_ENGINE } from '../helpers/quoted.ts';
import { freePort } from '../helpers/free-port.ts';
import { useScratch } from '../helpers/scratch.ts';

const SECRETS = 'secrets/.env.vm_stg.secrets';
const VERSIONS = 'app/backend/core_api/migrations/alembic/versions';

const BROKEN_REVISION = `"""Widen weights."""

from alembic import op

revision = "20251212_090000000"
down_revision = "20251211_140000000"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE mart.no_such_table ALTER COLUMN net_weight TYPE numeric(12,2)")


def downgrade() -> None:
    pass
`;

/** docs/README.ja.md against what the tools print, in its order, on a stack of containers. */
describe.skipIf(inject('noEngine') !== '')('docs/README.ja.md', () => {
  const scratch = useScratch();
  const { sql, refusal } = asker(scratch, 'vm_stg', 'app_stg', 'core_stg');
  const done = async (words: string): Promise<void> => void succeeded(await scratch.runTask(words));
  let port: number;
  beforeAll(async () => {
    // As a clone has it: what is kept is said.
    const registry = 'env/environments.ts';
    scratch.write(registry, scratch.read(registry).replaceAll('"undo": false,', ''));
    await must(['git', 'init', '--quiet'], { cwd: scratch.root });
    await must(['git', 'add', 'env'], { cwd: scratch.root });
    port = await freePort();
    for (const file of ['env/.env.vm_stg', 'env/.env.vm_prod'])
      scratch.write(file, scratch.read(file).replace(/HTTP_PORT=80\s+HTTP_PORT=0/, `HTTP_PORT=${port}`));
  });

  const type = async (line: string): Promise<string> => {
    const typed = line.replaceAll(/\b(?=vm_stg-db-1\b)/g, `${scratch.prefix}-`);
    const { stdout } = await scratch.start(['bash', '-c', `{ ${typed}\n} 2>&1`]).ended;
    const said = stdout.replaceAll(`${scratch.prefix}-`, '').replaceAll(String(port), '80');
    return ofOurs(said.replaceAll(scratch.root, '/srv/app'));
  };

  const nothing = (): Promise<void> => Promise.resolve();

  /** What the guide takes to have happened before a line, in the order in which the line stands in it. */
  let password: string;
  const before: Record<string, (() => Promise<void>)[]> = {
    'make db-reset-volume-env ENV=vm_stg': [
      async () => {
        await done('up ENV=vm_stg');
        await done('al-up-env ENV=vm_stg');
      },
    ],
    'make backup ENV=vm_stg': [() => done('al-up-env ENV=vm_stg')],
    'make up ENV=vm_stg': [
      nothing,
      () => {
        password = scratch.read(SECRETS);
        scratch.write(SECRETS, 'POSTGRES_PASSWORD=another\n', 0o600);
        return nothing();
      },
    ],
    'make db-bootstrap-roles-env ENV=vm_stg': [
      nothing,
      async () => {
        scratch.write(SECRETS, password, 0o600);
        await done('up ENV=vm_stg');
        await sql('REVOKE SELECT ON mart.items FROM app_readonly');
        const denied = blockWith('permission denied').trim();
        expect(await refusal('SET ROLE app_readonly; SELECT FROM mart.items')).toContain(denied);
      },
    ],
  };

  test.each(QUOTED.filter(({ line }) => !WITHOUT_ENGINE.test(line)))('$line', async ({ line, output }) => {
    await before[line]?.shift()?.();
    expect(await type(line)).toMatch(formOf(output));
  });

  test('everything can be read as app_readonly', async () => {
    expect(await type(blockWith('\\gexec'))).toMatch(formOf(blockWith('mart.items|0')));
  });

  test('what differs', async () => {
    await sql('ALTER TABLE mart.suppliers ADD COLUMN drift text; GRANT SELECT ON mart.suppliers TO PUBLIC');
    const said = await type('make db-diff-schema-env ENV=vm_stg BASE=local_dev');
    expect(said).toMatch(partOf(blockWith('column drift text')));
    await sql('ALTER TABLE mart.suppliers DROP COLUMN drift; REVOKE SELECT ON mart.suppliers FROM PUBLIC');
    expect(await type(blockWith('diff -u'))).not.toContain('+++');
  });

  test('a materialized view that is gone, and the lines that make it again', async () => {
    await done('al-down-env ENV=vm_stg WAIT=0');
    await sql('DROP MATERIALIZED VIEW mart.mv_receive_daily_summary CASCADE');
    expect(await type('make al-up-env ENV=vm_stg')).toMatch(partOf(blockWith('builds views on it')));
    expect(await type(blockWith('CREATE MATERIALIZED VIEW'))).toContain('[ok] vm_stg: migrated to head');
  });

  test('a revision that fails', async () => {
    scratch.write(`${VERSIONS}/20251212_090000000_widen_weights.py`, BROKEN_REVISION);
    await done('rebuild ENV=vm_stg');
    expect(await type('make al-up-env ENV=vm_stg')).toMatch(partOf(blockWith('no_such_table')));
  });

  test('messages of states', async () => {
    expect(await type('make backup ENV=vm_stg')).toContain('[ok]');
    await sql('ALTER DATABASE core_stg ALLOW_CONNECTIONS false', 'postgres');
    const closed =
      'the server refuses database core_stg: database "core_stg" is not currently accepting connections';
    expect(await type('make backup ENV=vm_stg')).toContain(closed);
    scratch.write('env/.env.vm_stg', scratch.read('env/.env.vm_stg').replaceAll('core_stg', 'core_other'));
    const missing = 'the server refuses database core_stg: database "core_stg" does not exist';
    expect(await type('make backup ENV=vm_stg')).toContain(missing.replaceAll('core_stg', 'core_other'));
    await done('down ENV=vm_stg');
    expect(await type('make backup ENV=vm_stg')).toContain('service db of vm_stg is not running');
  });
});
