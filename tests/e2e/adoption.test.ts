import { describe, expect, inject, test } from 'vitest';
import { useAdopted } from '../helpers/adopted.ts';
import { docker, succeeded, type Ran } from '../helpers/processes.ts';

/**
 * Another repository, with other names: service `postgres` with the image's own user, `alembic/` at the root,
 * compose.yaml at the root with an override file beside it, a Makefile with a target `up` of its own, no script for
 * roles. Nothing of makesafe is edited.
 */
describe.skipIf(inject('noEngine') !== '')('a repository that adopts makesafe', () => {
  const shop = useAdopted();
  const container = (service: string): string => `${shop.project}-${service}-1`;
  const sql = (statement: string): Promise<string> =>
    docker('exec', container('postgres'), 'psql', '-XAtq', '-U', 'postgres', '-d', 'shop', '-c', statement);
  const done = async (words: string): Promise<Ran> => succeeded(await shop.runMake(words));

  test('init, then the day through: up, roles skipped, migrated, dumped, reset', async () => {
    succeeded(await shop.makesafe('init PREFIX=ms-'));
    expect((await done('up')).stdout).toBe('their own up\n');

    const up = await done('ms-up');
    expect(up.stderr).toContain('made secrets/.env.dev.secrets with a random DB_PASSWORD');
    expect(up.stderr).toContain('[ok] dev: database shop answers');
    expect(up.stderr).toContain('[next] make ms-al-up-env ENV=dev');
    // The override file counts, as it does for compose alone.
    const variables = await docker('exec', container('web'), 'env');
    expect(variables).toContain('SHOP_MODE=development');

    expect((await done('ms-db-bootstrap-roles-env')).stderr).toContain('dev has no script for roles');
    expect((await done('ms-al-up')).stderr).toContain('[ok] dev: migrated to head');
    const current = await done('ms-al-cur-env ENV=dev');
    expect(current.stderr).toContain('[ok] dev is at head (0001)');
    await sql(`INSERT INTO products VALUES (1, 'はさみ')`);

    await done('ms-db-dump-schema-env OUT=backups/shop.sql');
    expect(shop.read('backups/shop.sql')).toContain('CREATE TABLE public.products');

    // A task of the team's own, through make and by its file.
    expect((await done('ms-count-products ENV=dev')).stdout).toBe('dev: 1 products\n');

    const rebuilt = await done('ms-db-rebuild-env ENV=dev WAIT=0 METHOD=db');
    expect(rebuilt.stderr).toMatch(/^✓ bootstrap +[\d.]+ s +no script for roles$/m);
    expect(rebuilt.stderr).toMatch(/^✓ migrate +[\d.]+ s +1 revision$/m);
    expect(rebuilt.stderr).toMatch(/^✓ verify +[\d.]+ s +as it should be$/m);
    expect(rebuilt.stderr).toMatch(/^ {4}roles +postgres \(owner\)$/m);
    const verified = await done('ms-db-verify-env ENV=dev');
    expect(verified.stdout).toMatch(/^– reader reads +the registry names no readonlyRole$/m);
    expect(verified.stderr).toContain('[ok] dev is as it should be\n');

    const reset = await done('ms-db-reset-db-env ENV=dev WAIT=0');
    expect(reset.stderr).toMatch(/database +shop of postgres/);
    expect(await sql(`SELECT to_regclass('products') IS NULL`)).toBe('t');

    const gone = await done('ms-db-reset-volume-env ENV=dev WAIT=0');
    expect(gone.stderr).toContain(`volume ${shop.project}_data`);
    expect(await docker('ps', '--all', '--quiet', '--filter', `name=${shop.project}`)).toBe('');
  }, 300_000);
});
