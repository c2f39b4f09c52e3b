import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inspectDump } from '../../lib/dump/read/inspect-dump.ts';
import { temporaryFolder } from './support.ts';

/** What a file is that is not taken, in words, with the lines that make a dump of it: they are run, and the result is taken. */

const DUMP = readFileSync(join(import.meta.dirname, 'fixtures/pg_dump_17.dump'));
const SQL = `--
-- PostgreSQL database dump
--

-- Dumped from database version 17.10
-- Dumped by pg_dump version 17.10

CREATE TABLE public.t (a text);
INSERT INTO public.t VALUES ('ü');

--
-- PostgreSQL database dump complete
--
`;

const again = (file: string): string => `again ${file}`;
const inspect = (path: string, name = path): ReturnType<typeof inspectDump> =>
  inspectDump(name, path, { parameter: 'DUMP', otherCommand: () => {}, again });

async function refused(path: string): Promise<{ message: string; hint: string | undefined }> {
  const error = await inspect(path).then(
    () => new Error('it was taken'),
    (reason: unknown) => reason as Error,
  );
  return { message: error.message, hint: (error as { hint?: string }).hint };
}

const lacks = (programs: string): boolean =>
  programs.split(' ').some((one) => spawnSync('sh', ['-c', `command -v ${one}`]).status !== 0);

test.for<[programs: string, make: string, words: RegExp]>([
  ['zstd', 'zstd -q -o x.dump.zst x.dump', /compressed with zstd as a whole/],
  ['lz4', 'lz4 -q x.dump x.dump.lz4', /compressed with lz4 as a whole/],
  ['xz', 'xz -k x.dump', /compressed with xz/],
  ['bzip2', 'bzip2 -k x.dump', /compressed with bzip2/],
  ['zip unzip', 'zip -q x.dump.zip x.dump', /a zip archive/],
  ['gzip xz', 'xz -k x.dump; gzip x.dump.xz', /gzip, and inside it is compressed with xz/],
  ['iconv', 'iconv -f UTF-8 -t UTF-16 x.sql > wide.sql', /text in UTF-16/],
  ['iconv', 'iconv -f UTF-8 -t UTF-16LE x.sql > narrow.sql', /text in UTF-16/],
])('%s: the lines that are said make a dump that is taken', async ([programs, make, words], { skip }) => {
  skip(lacks(programs), `without ${programs} here; .ci/install-programs installs them`);
  const folder = temporaryFolder({ 'x.dump': DUMP, 'x.sql': SQL });
  const before = new Set(['x.dump', 'x.sql']);
  execFileSync('sh', ['-c', make], { cwd: folder });
  const [made] = execFileSync('ls', { cwd: folder, encoding: 'utf8' })
    .split('\n')
    .filter((name) => name !== '' && !before.has(name));
  const { message, hint } = await refused(join(folder, made!));
  expect(message).toMatch(words);
  const lines = hint!.split('\n');
  const [, to] = lines.pop()!.split(' ');
  // What is there already is in the way of what is made from its copy.
  if (to !== undefined && lines.length > 0 && made !== 'x.dump.xz.gz')
    execFileSync('rm', ['-f', to.replace(folder, '.')], { cwd: folder });
  else execFileSync('rm', ['-f', 'x.dump'], { cwd: folder });
  for (const line of lines) execFileSync('sh', ['-c', line], { cwd: folder });
  expect((await inspect(to!)).tables).toBeGreaterThan(0);
});

test('a dump in tar format is a folder once it is unpacked', async () => {
  const folder = temporaryFolder({ 'toc.dat': DUMP });
  execFileSync('tar', ['--format=ustar', '-cf', 'x.tar', 'toc.dat'], { cwd: folder });
  const { message, hint } = await refused(join(folder, 'x.tar'));
  expect(message).toContain('a dump in tar format');
  expect(hint).toBe(
    `mkdir ${folder}/x.tar.folder\ntar -xf ${folder}/x.tar -C ${folder}/x.tar.folder\nagain ${folder}/x.tar.folder`.replaceAll(
      'x.tar.folder',
      'x.folder',
    ),
  );
});

test.each<[what: string, content: Buffer | string, words: RegExp]>([
  ['nothing', '', /it is empty/],
  ['zero bytes', Buffer.alloc(5000), /nothing but zero bytes/],
  ['gpg', Buffer.from('8c0d0407030a', 'hex'), /encrypted with gpg/],
  ['gpg for somebody', Buffer.from('85020c03aabbccddeeff0011', 'hex'), /encrypted with gpg/],
  ['gpg as text', '-----BEGIN PGP MESSAGE-----\n\nhQ', /encrypted with gpg/],
  ['age', 'age-encryption.org/v1\n-> X25519 x\n', /encrypted with age/],
  ['openssl', Buffer.concat([Buffer.from('Salted__'), Buffer.alloc(40, 7)]), /encrypted with openssl enc/],
  [
    'MySQL',
    '-- MySQL dump 10.13  Distrib 8.0\n--\nDROP TABLE IF EXISTS `t`;\n',
    /a dump of MySQL or MariaDB/,
  ],
  [
    'MariaDB',
    '/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19\n',
    /a dump of MySQL or MariaDB/,
  ],
  ['SQLite', Buffer.from('SQLite format 3\0abc'), /a database of SQLite/],
  ['SQLite text', 'PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n', /a dump of SQLite/],
  ['a login page', '<!DOCTYPE html>\n<html><title>Sign in</title>', /a web page/],
  [
    'an answer of a store',
    '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
    /answer of a web server/,
  ],
  ['git-lfs', 'version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 3\n', /a pointer of git-lfs/],
  ['an error', 'pg_dump: error: connection to server failed', /what a program said instead of a dump/],
])('%s is said as what it is', async (_what, content, words) => {
  const folder = temporaryFolder({});
  const file = join(folder, 'x.dump');
  writeFileSync(file, content);
  const { message, hint } = await refused(file);
  expect(message).toMatch(words);
  // Something to do: in the words, or in the line that is next.
  expect(hint !== undefined || message.includes(';')).toBe(true);
  expect(statSync(file).size).toBe(content.length);
});

test('folders are said as what they are', async () => {
  expect((await refused(temporaryFolder({ PG_VERSION: '17' }))).message).toContain(
    'the data directory of a server',
  );
  expect((await refused(temporaryFolder({ 'base.tar.gz': '', backup_manifest: '' }))).message).toContain(
    'a base backup of a whole server',
  );
  const folder = temporaryFolder({ 'x.dump': DUMP });
  expect((await refused(folder)).hint).toBe(`again ${folder}/x.dump`);
});
