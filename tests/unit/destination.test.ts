import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FailedError, RefusedError, UsageError } from '../../lib/errors.ts';
import { writeWhole } from '../../lib/system/files.ts';
import { putInFreePlace } from '../../lib/system/place.ts';
import { GENERATOR, REPORT, SCHEMA_DUMP } from '../../lib/schema/report/ours.ts';
import { lookAtDestination, type Destination, type KindOfFile } from '../../lib/system/destination.ts';
import { makeSmallDisk } from '../helpers/small-disk.ts';
import { HUGE, NOT_FILES } from './broken-files.ts';
import { processorTime, rejectionOf, temporaryFolder } from './support.ts';

const DUMP = `--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';

--
-- Name: v; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.v AS
 SELECT 1 AS insert;


--
-- PostgreSQL database dump complete
--

`;
const PAGE = `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n${GENERATOR}\n</head>\n</html>\n`;
const archive = (): Buffer => readFileSync(join(import.meta.dirname, 'fixtures/schema_17.dump'));

const look = (root: string, name: string, kind: KindOfFile = SCHEMA_DUMP): Promise<Destination> =>
  lookAtDestination(join(root, name), 'OUT', kind, 'backups/x.sql', root);
/** What a folder holds, down to the bytes: nothing of it may differ behind a refusal. */
const state = (folder: string): unknown =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { mode, ino, mtimeMs, size } = lstatSync(path);
      return [path, mode, ino, entry.isDirectory() ? 0 : mtimeMs, entry.isDirectory() ? 0 : size];
    })
    .sort();

describe('a schema dump takes the place of', () => {
  test.each<[what: string, content: string | Buffer]>([
    ['one of ours', DUMP],
    [
      'one that pg_dump wrote',
      DUMP.replace(/\n\nSET/, '\n\n\\restrict aBc\n\n-- Dumped from database version 17.6\n\nSET') +
        '\\unrestrict aBc\n\n',
    ],
    ['one in the custom format', archive()],
    ['a file that is empty', ''],
  ])('%s', async (_what, content) => {
    const folder = temporaryFolder({ 'out/x.sql': content });
    const { path, over } = await look(folder, 'out/x.sql');
    expect(over).toMatchObject({ size: Buffer.byteLength(content) });
    await writeWhole(path, 0o644, (output) => void output.write('new'), over);
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(join(folder, 'out'))).toEqual(['x.sql']);
  });

  test('nothing: a new file, also in a folder that will be made', async () => {
    const folder = temporaryFolder();
    for (const name of [
      'x.sql',
      'a/b/x.dump',
      'schema',
      'schema.2026-01-02',
      '日本 語.sql',
      "it's.sql",
      '-',
    ]) {
      const { path, over } = await look(folder, name);
      expect(over).toBe('nothing');
      expect(existsSync(path)).toBe(false);
      await writeWhole(path, 0o600, (output) => void output.write('new'), over);
      expect(readFileSync(join(folder, name), 'utf8')).toBe('new');
    }
  });

  test('what is in a folder that a link leads to, by the rules of that place', async () => {
    const folder = temporaryFolder({ 'elsewhere/x.sql': DUMP, 'env/environments.ts': '' });
    symlinkSync('elsewhere', join(folder, 'backups'));
    symlinkSync('env', join(folder, 'settings'));
    expect((await look(folder, 'backups/x.sql')).path).toBe(join(realpathSync(folder), 'elsewhere/x.sql'));
    expect((await rejectionOf(look(folder, 'settings/new.sql'))).message).toContain(
      'env is where the configuration is',
    );
  });
});

test('a report takes the place of a report', async () => {
  const old = PAGE.replace(`${GENERATOR}\n`, '').replace(
    '</html>',
    '<footer>Made by makesafe. Of</footer>\n</html>',
  );
  const folder = temporaryFolder({
    'a.html': PAGE,
    'b.html': old,
    'c.html': '<!doctype html>\n<p>mine</p>',
    'd.html': DUMP,
  });
  for (const name of ['a.html', 'b.html'])
    expect((await look(folder, name, REPORT)).over).not.toBe('nothing');
  for (const name of ['c.html', 'd.html'])
    expect((await rejectionOf(look(folder, name, REPORT))).message).toContain(
      'it exists, and is not a report',
    );
  expect((await rejectionOf(look(folder, 'a.html'))).message).toContain('is not a schema dump');
});

describe('a file with anything else in it stays', () => {
  const data = 'COPY public.t (a) FROM stdin;\n1\n\\.\n';
  const before = (text: string): string => DUMP.replace('SET client', `${text}SET client`);
  test.each<[what: string, content: string | Buffer]>([
    ['a backup as text', before(data)],
    ['a backup with INSERTs', before('INSERT INTO public.t VALUES (1);\n')],
    [
      'a header of data',
      before('-- Data for Name: t; Type: TABLE DATA; Schema: public; Owner: -\n').replace(
        '-- Data for ',
        '-- ',
      ),
    ],
    ['the state of a sequence', before("SELECT pg_catalog.setval('public.s', 7, true);\n")],
    ['a script for psql', before('\\connect other\n')],
    ['what a person wrote behind it', `${DUMP}CREATE TABLE mine ();\n`],
    ['a dump that was cut', DUMP.replace(/-- PostgreSQL database dump complete[^]*/, '')],
    [
      'a dump that is cut in a literal',
      DUMP.replace(
        /--\n-- PostgreSQL database dump complete[^]*/,
        "SELECT '\n-- PostgreSQL database dump complete\n",
      ),
    ],
    ['a dump of a cluster', DUMP.replace('database dump', 'database cluster dump')],
    ['a backup in the custom format', readFileSync(join(import.meta.dirname, 'fixtures/pg_dump_17.dump'))],
    ['a migration', 'CREATE TABLE t ();\n'],
    ['a comment in its first line', `-- mine\n${DUMP}`],
    ['a blank', ' '],
    ['binary', Buffer.from([0, 1, 2, 255])],
    ['an archive that is cut', archive().subarray(0, 200)],
    ['an archive with more behind it', Buffer.concat([archive(), Buffer.from('x')])],
    ['its beginning only', 'PGDMP'],
  ])('%s', async (_what, content) => {
    const folder = temporaryFolder({ 'x.sql': content });
    const was = state(folder);
    const error = await rejectionOf(look(folder, 'x.sql'));
    expect(error).toBeInstanceOf(RefusedError);
    expect(error.message).toMatch(
      /^OUT=.*x\.sql is refused: it exists, and is not a schema dump .*; nothing was written$/,
    );
    expect(error.hint).toContain('name a new file: OUT=backups/x.sql');
    expect(state(folder)).toEqual(was);
  });

  test('a backup, whose facts are beside it, although there is nothing in it', async () => {
    const folder = temporaryFolder({ 'x.dump': archive(), 'x.dump.json': '{}' });
    expect((await rejectionOf(look(folder, 'x.dump'))).message).toContain('is not a schema dump');
  });

  test('2 GB of nothing, at once', async () => {
    const folder = temporaryFolder();
    HUGE.make(join(folder, 'x.sql'));
    const spent = processorTime();
    expect(await rejectionOf(look(folder, 'x.sql'))).toBeInstanceOf(RefusedError);
    expect(spent()).toBeLessThan(1_000);
  });

  test('a dump with a line of 100 MB: little memory', async () => {
    const folder = temporaryFolder({ 'x.sql': DUMP.replace('SET', `${'x'.repeat(100 << 20)} SET`) });
    const { rss } = process.memoryUsage();
    expect(await rejectionOf(look(folder, 'x.sql'))).toBeInstanceOf(RefusedError);
    expect(process.memoryUsage().rss - rss).toBeLessThan(300 << 20);
  });
});

describe('what is no file', () => {
  test.each(NOT_FILES)('$what stays', async ({ make }) => {
    const folder = temporaryFolder();
    await make(join(folder, 'x.sql'));
    const was = state(folder);
    const error = await rejectionOf(look(folder, 'x.sql'));
    expect(error.message).toMatch(
      /(is refused: it is a (link|pipe|socket|device), not a file; nothing was written|EISDIR, it is a folder)$/,
    );
    expect(state(folder)).toEqual(was);
  });

  test('a link to a dump of ours stays a link', async () => {
    const folder = temporaryFolder({ 'real.sql': DUMP });
    symlinkSync('real.sql', join(folder, 'x.sql'));
    expect((await rejectionOf(look(folder, 'x.sql'))).message).toContain('it is a link, not a file');
  });

  test.each([
    '/dev/null',
    '/dev/full',
    '/dev/zero',
    '/dev/stdout',
    '/proc/self/mem',
    '/proc/1/oom_score_adj',
    '/dev/x',
    '/sys/x',
    '/proc/x',
    '/etc/x.sql',
    '/usr/x',
  ])('%s stays', async (path) => {
    const before = existsSync(path) ? lstatSync(path).mode : undefined;
    const error = await rejectionOf(lookAtDestination(path, 'OUT', SCHEMA_DUMP, 'x.sql', '/nowhere'));
    expect(error.message).toMatch(/is refused: |cannot be written: E/);
    expect(existsSync(path) ? lstatSync(path).mode : undefined).toBe(before);
  });
});

describe('a place that is for something else', () => {
  const project = {
    'env/environments.ts': '',
    'env/.env.vm_stg': '',
    'secrets/.env.vm_stg.secrets': '',
    'journal/vm_stg.jsonl': '',
    '.embedded/local/data/PG_VERSION': '17',
    'data/postgres_v17/PG_VERSION': '17\n',
    'data/postgres_v17/base/1/x.sql': DUMP,
    '.git/config': '',
    'tasks/x.ts': '',
    makefile: '',
    'makesafe.mk': '',
    'package.json': '',
    '.env': '',
    'app/.git/x': '',
    'node_modules/pg/x.js': '',
  };
  const places = [
    ...Object.keys(project),
    ...[
      'env/new.sql',
      'secrets/new.sql',
      'journal/new.sql',
      'journal/deep/new.sql',
      '.embedded/x',
      '.git/new.sql',
    ],
    ...[
      'data/postgres_v17/new.sql',
      'app/.git/new',
      'node_modules/new.sql',
      'GNUmakefile',
      'Makefile',
      'new.mk',
    ],
    ...[
      'Dockerfile',
      'Dockerfile.dev',
      'compose.override.yml',
      'docker-compose.yaml',
      'new.ts',
      'new.py',
      '.gitignore',
    ],
    ...[
      'docker/../env/new.sql',
      'env/../secrets/x',
      '.npmrc',
      'x.json',
      'deep/.bashrc',
      'x.TS',
      'app/alembic.ini',
    ],
  ];
  test.each(places)('%s', async (place) => {
    const folder = temporaryFolder(project);
    const was = state(folder);
    const error = await rejectionOf(look(folder, place));
    expect(error).toBeInstanceOf(RefusedError);
    expect(error.message).toMatch(/is refused: .*; nothing was written$/);
    expect(state(folder)).toEqual(was);
  });

  test('beside them there is room', async () => {
    const folder = temporaryFolder(project);
    for (const name of [
      'backups/x.sql',
      'x.sql',
      'data/x.sql',
      'environment/x.sql',
      'env.sql',
      'gitter/x',
      'lib/x.sql',
    ])
      expect((await look(folder, name)).over).toBe('nothing');
  });
});

test('other names of one file, and files of other people, stay', async () => {
  const folder = temporaryFolder({ 'x.sql': DUMP, 'theirs.sql': DUMP });
  linkSync(join(folder, 'x.sql'), join(folder, 'y.sql'));
  expect((await rejectionOf(look(folder, 'x.sql'))).message).toContain('another name as well (a hard link)');
  if (process.getuid?.() !== 0) return;
  chownSync(join(folder, 'theirs.sql'), 65_534, 65_534);
  expect((await rejectionOf(look(folder, 'theirs.sql'))).message).toContain('it is a file of another user');
});

test.each(['', '  ', 'x\0y'])('no name: %j', async (given) => {
  expect(await rejectionOf(lookAtDestination(given, 'OUT', SCHEMA_DUMP, 'x.sql', '/'))).toBeInstanceOf(
    UsageError,
  );
});

test.each([
  ['backups/', 'EISDIR, it is a folder'],
  ['backups', 'EISDIR, it is a folder'],
  ['backups/.', 'EISDIR, it is a folder'],
  ['..', 'EISDIR, it is a folder'],
  ['file/x.sql', 'ENOTDIR, a part of the path is a file, not a folder'],
  ['file/deep/x.sql', 'ENOTDIR, a part of the path is a file, not a folder'],
  [`${'x'.repeat(256)}.sql`, 'ENAMETOOLONG, the name is too long'],
  ['circle/x.sql', 'ELOOP, links on the way lead in a circle, or it is a link itself'],
])('%s cannot be written: %s', async (name, why) => {
  const folder = temporaryFolder({ 'backups/x': '', file: '' });
  symlinkSync('circle', join(folder, 'circle'));
  const given = `${folder}/${name}`;
  const error = await rejectionOf(lookAtDestination(given, 'OUT', SCHEMA_DUMP, 'x.sql', folder));
  expect(error).toBeInstanceOf(FailedError);
  expect(error.message).toBe(`${given} cannot be written: ${why}`);
});

describe('what changes between the look and the end', () => {
  test.each<[what: string, before: string | undefined, swap: (path: string, folder: string) => void]>([
    ['a new file has come', undefined, (path) => writeFileSync(path, 'theirs')],
    ['a link has come', undefined, (path) => symlinkSync('precious', path)],
    ['a link has come in its place', DUMP, (path) => (rmSync(path), symlinkSync('precious', path))],
    ['another file has come in its place', DUMP, (path) => (rmSync(path), writeFileSync(path, DUMP))],
    ['it was written to', DUMP, (path) => writeFileSync(path, 'more', { flag: 'a' })],
    ['a pipe has come in its place', DUMP, (path) => (rmSync(path), void execFileSync('mkfifo', [path]))],
  ])('%s: it stays', async (_what, before, swap) => {
    const folder = temporaryFolder({
      precious: 'precious',
      ...(before === undefined ? {} : { 'x.sql': before }),
    });
    const { path, over } = await look(folder, 'x.sql');
    let was: unknown;
    const writing = writeWhole(
      path,
      0o644,
      (output) => {
        output.write('new');
        swap(path, folder);
        was = [lstatSync(path).ino, lstatSync(path).size];
      },
      over,
    );
    await expect(writing).rejects.toThrow(/cannot be written: (EEXIST|what stood there was|it is a)/);
    expect([lstatSync(path).ino, lstatSync(path).size]).toEqual(was);
    expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('precious');
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });

  test('a link where it is written beside leads to nothing that is written', async () => {
    const folder = temporaryFolder({ precious: 'precious' });
    symlinkSync('precious', join(folder, `.x.sql.${process.pid}.partial`));
    const { path, over } = await look(folder, 'x.sql');
    await writeWhole(path, 0o644, (output) => void output.write('new'), over);
    expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('precious');
    expect(lstatSync(path).isFile()).toBe(true);
  });

  test('of two that move to one free place, the second is told, and both files stay', () => {
    const folder = temporaryFolder({ a: 'a', b: 'b' });
    putInFreePlace(join(folder, 'a'), join(folder, 'x'));
    expect(() => putInFreePlace(join(folder, 'b'), join(folder, 'x'))).toThrow('EEXIST');
    expect(readFileSync(join(folder, 'x'), 'utf8')).toBe('a');
    expect(readdirSync(folder).sort()).toEqual(['b', 'x']);
  });
});

test.each([
  [0o644, 0o600, 0o600],
  [0o644, 0o664, 0o664],
  [0o644, 0o640, 0o640],
  [0o600, 0o644, 0o600],
  [0o600, 0o400, 0o400],
  [0o644, 0o755, 0o644],
])('mode %o over a file of mode %o: %o', async (asked, before, after) => {
  const folder = temporaryFolder({ 'x.sql': DUMP });
  chmodSync(join(folder, 'x.sql'), before);
  const { path, over } = await look(folder, 'x.sql');
  await writeWhole(path, asked, (output) => void output.write('new'), over);
  expect(statSync(path).mode & 0o7777).toBe(after);
});

describe.skipIf(process.getuid?.() !== 0)('a disk', () => {
  const disk = (): NonNullable<ReturnType<typeof makeSmallDisk>> => {
    const made = makeSmallDisk(join(temporaryFolder(), 'disk'), 1)!;
    onTestFinished(made.remove);
    return made;
  };
  const FULL = /cannot be written: ENOSPC, the disk is full$/;

  test('that is full is called full, before the work and in it; what stood there stays', async () => {
    const { folder, fill } = disk();
    writeFileSync(join(folder, 'x.sql'), DUMP);
    const seen = await look(folder, 'x.sql');
    const giveBack = fill();
    for (const name of ['x.sql', 'new.sql', 'a/new.sql']) {
      const error = await rejectionOf(look(folder, name));
      expect(error.message).toMatch(FULL);
      expect(error.hint).toContain('make room');
    }
    const writing = writeWhole(
      seen.path,
      0o644,
      (output) => void output.write('x'.repeat(1 << 20)),
      seen.over,
    );
    await expect(writing).rejects.toThrow(FULL);
    giveBack();
    expect(readFileSync(join(folder, 'x.sql'), 'utf8')).toBe(DUMP);
    expect(readdirSync(folder)).toEqual(['x.sql']);
  });

  test('that is read-only is called that', async () => {
    const { folder } = disk();
    execFileSync('mount', ['-o', 'remount,ro', folder]);
    expect((await rejectionOf(look(folder, 'x.sql'))).message).toMatch(
      /EROFS, the file system is read-only$/,
    );
  });
});
