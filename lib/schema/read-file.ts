import { FailedError, IncomparableError } from '../errors.ts';
import { readArchive, type Archive } from './archive.ts';
import { objectsOf } from './objects.ts';
import { unknownKinds, type Scope, type Side } from './read.ts';
import { roleNames } from './roles.ts';

/** A dump file as one side of a comparison. */
export interface FileSide {
  readonly kind: 'custom' | 'plain';
  readonly pgDumpVersion: string | undefined;
  /** Sentences: what the file cannot tell. */
  readonly limits: readonly string[];
  readonly side: (scope: Scope) => Side;
}

/** @throws IncomparableError when the file is no dump, or is cut */
export function readFileSide(file: string): FileSide {
  let archive: Archive;
  try {
    archive = readArchive(file);
  } catch (error) {
    if (!(error instanceof FailedError)) throw error;
    throw new IncomparableError(error.message, { cause: error });
  }
  return {
    kind: 'custom',
    pgDumpVersion: archive.pgDumpVersion,
    limits: [
      `${file} is a dump: privileges, roles, versions of extensions, settings of the database, its encoding and locale, invalid indexes and the public schema itself are not compared`,
    ],
    side: ({ privileges }) => sideOf(file, archive, privileges),
  };
}

function sideOf(file: string, archive: Archive, owners: boolean): Side {
  const { entries, database, serverVersion, pgDumpVersion } = archive;
  const owner = entries.find(({ kind }) => kind === 'DATABASE')?.owner ?? '';
  return {
    summary: { label: file, source: 'custom dump', database, serverVersion, pgDumpVersion },
    objects: objectsOf(entries, { logical: roleNames(file, {}, owner), owners, known: () => ({}) }),
    roles: [],
    incomplete: unknownKinds(archive),
  };
}
