import { createReadStream } from 'node:fs';
import { IncomparableError, messageOf } from '../../errors.ts';
import type { Archive } from '../../dump/archive.ts';
import { readCustom } from '../../dump/dump-file.ts';
import type { SideSummary } from './side-summary.ts';
import { objectsOf } from './objects.ts';
import { asPlain, parsePlain } from './plain.ts';
import { unknownKinds, type Scope, type Side } from './read.ts';
import { roleNames, type Roles } from './roles.ts';
import { readHead, readText } from '../../system/read-bounded.ts';

/** A dump file as one side of a comparison. */
export interface FileSide {
  readonly source: 'custom dump' | 'plain dump';
  /** Undefined if the file does not say it. */
  readonly pgDumpVersion: string | undefined;
  /** Sentences that say what the file cannot tell. */
  readonly limits: readonly string[];
  readonly side: (scope: Scope) => Side;
}

/**
 * Reads a dump file as one side of a comparison.
 *
 * @param roles logical names of roles in the environment that was dumped
 * @throws IncomparableError if the file is not a complete dump
 */
export async function readFileSide(file: string, roles: Roles = {}): Promise<FileSide> {
  try {
    return isArchive(file) ? await customSide(file, roles) : plainSide(file);
  } catch (error) {
    const message = messageOf(error);
    throw new IncomparableError(
      message.startsWith(file) ? message : `${file} cannot be read as a dump: ${message}`,
      {
        cause: error,
      },
    );
  }
}

/** Maximum size of a plain dump in bytes, which is read as a whole: twice that of 20,000 tables. */
const LARGEST = 64 << 20;

function isArchive(file: string): boolean {
  return readHead(file, 5).toString('latin1') === 'PGDMP';
}

async function customSide(file: string, roles: Roles): Promise<FileSide> {
  const archive = await readCustom(createReadStream(file));
  const { entries, database, serverVersion, pgDumpVersion } = archive;
  const owner = entries.find(({ kind }) => kind === 'DATABASE')?.owner ?? '';
  const logical = roleNames(file, roles, owner);
  return {
    source: 'custom dump',
    pgDumpVersion,
    limits: [
      `${file} is a dump: privileges, roles, versions and owners of extensions, encoding, locale, settings and comment ` +
        'of the database, invalid indexes, disabled triggers of foreign keys, whether subscriptions are enabled, what ' +
        'else only the catalogs show, and the schema public itself are not compared',
    ],
    side: (scope) =>
      sideOf(
        { label: file, source: 'custom dump', database, serverVersion, pgDumpVersion },
        archive,
        logical,
        scope,
      ),
  };
}

function plainSide(file: string): FileSide {
  const { serverVersion, pgDumpVersion, entries } = parsePlain(readText(file, { most: LARGEST }));
  const archive = { version: '', database: '', serverVersion, pgDumpVersion, entries };
  const stated = pgDumpVersion === '' ? undefined : pgDumpVersion;
  const limits = [
    `${file} is a plain dump: owners, privileges, roles, tablespaces, access methods, passwords, versions of extensions, ` +
      'encoding, locale, settings and comment of the database, invalid indexes, disabled triggers of foreign keys, ' +
      'whether subscriptions are enabled, what else only the catalogs show, and the schema public itself are not compared',
  ];
  if (stated === undefined) {
    limits.push(
      `${file} does not say which pg_dump wrote it; where versions differ, they may write one schema in two ways`,
    );
  }
  return {
    source: 'plain dump',
    pgDumpVersion: stated,
    limits,
    side: (scope) =>
      sideOf(
        {
          ...{ label: file, source: 'plain dump', database: 'not named in it' },
          serverVersion: serverVersion === '' ? undefined : serverVersion,
          pgDumpVersion: stated,
        },
        archive,
        (role) => role,
        scope,
      ),
  };
}

function sideOf(
  summary: SideSummary,
  archive: Archive,
  logical: (role: string) => string,
  scope: Scope,
): Side {
  const entries = scope.plain ? archive.entries.map(asPlain) : archive.entries;
  return {
    summary,
    objects: objectsOf(entries, { logical, owners: scope.privileges && !scope.plain, known: () => ({}) }),
    roles: [],
    incomplete: unknownKinds(archive),
  };
}
