import { PassThrough, type Transform } from 'node:stream';
import { type ArchiveHead, placeOf } from '../archive.ts';
import type { Dump, Kept } from './dump.ts';
import {
  countTables,
  decodeCustom,
  decodeDirectory,
  encodingOf,
  headOf,
  type SeeData,
} from '../dump-file.ts';
import { openDump } from './recognise.ts';
import { Bringing, RowCounter, type Brings } from './brings.ts';
import { errandsOf, isErrand, type PlacedErrand } from './forms.ts';
import { linksIn } from './links.ts';
import { rightsIn } from './rights.ts';

/** What an archive contains. */
export type ReadArchive = Pick<
  Dump,
  | 'compression'
  | 'contents'
  | 'server'
  | 'pgDump'
  | 'encoding'
  | 'errands'
  | 'rights'
  | 'missingSchemas'
  | 'links'
> & {
  readonly tables: number;
  readonly brings: Brings;
};

/**
 * Reads an archive to its end, and decompresses all data if makesafe can.
 *
 * @param kept if set, only the table of contents is read
 * @throws Error with what is wrong in it
 */
export const readArchive = (
  about: Pick<Dump, 'path' | 'kind' | 'gzip'>,
  meter: Transform = new PassThrough(),
  kept?: Kept,
): Promise<ReadArchive> =>
  contentsOf((see) => {
    if (kept) return headOf(about.path);
    return about.kind === 'custom'
      ? decodeCustom(openDump(about, meter), see)
      : decodeDirectory(about.path, see);
  }, kept);

/** What an archive contains. @param decode returns its head, and passes all its data to `see` unless they are known */
export async function contentsOf(
  decode: (see: SeeData) => Promise<ArchiveHead>,
  kept?: Kept,
): Promise<ReadArchive> {
  let contents = 0;
  const counters = new Map<number, RowCounter>();
  const see = (entry: number, bytes: Buffer): void => {
    contents += bytes.length;
    let counter = counters.get(entry);
    if (!counter) counters.set(entry, (counter = new RowCounter()));
    counter.add(bytes);
  };
  const head = await decode(see);
  const { compression, serverVersion: server, pgDumpVersion: pgDump } = head;
  return {
    ...{ compression, server, pgDump, tables: countTables(head), encoding: encodingOf(head) },
    contents: kept?.contents ?? contents,
    ...{ brings: bringsOf(head, counters, kept), errands: errandsIn(head) },
    ...{ rights: rightsIn(head.entries), links: linksIn(head.entries) },
    missingSchemas: missingSchemasIn(head),
  };
}

/** Not if there are extensions: their schemas would wrongly be among the missing ones. */
function missingSchemasIn({ entries }: ArchiveHead): string[] {
  if (entries.some(({ kind }) => kind === 'EXTENSION')) return [];
  const made = new Set(entries.filter(({ kind }) => kind === 'SCHEMA').map(({ name }) => name));
  const needed = entries.filter(({ kind }) => IN_SCHEMA.test(kind)).map(({ schema }) => schema);
  return [...new Set(needed)].filter((schema) => schema !== 'public' && schema !== '' && !made.has(schema));
}

const IN_SCHEMA = /^(?:TABLE|VIEW|MATERIALIZED VIEW|FOREIGN TABLE|SEQUENCE)$/;

function bringsOf(
  { entries }: ArchiveHead,
  counters: ReadonlyMap<number, RowCounter>,
  kept: Kept | undefined,
): Brings {
  const brings = new Bringing();
  for (const { kind, schema, name } of entries) {
    if (kind === 'TABLE') brings.table(schema, name);
    else if (kind === 'SEQUENCE') brings.sequences += 1;
  }
  for (const { id, kind, schema, name, copy, hasData } of entries)
    if (kind === 'TABLE DATA' && hasData)
      brings.data(
        schema,
        name,
        copy === '' ? 'statements' : (kept?.rows[`${schema}.${name}`] ?? counters.get(id)?.rows ?? 0),
      );
  return brings;
}

/** The entries that we have to define ourselves. */
function errandsIn({ entries }: ArchiveHead): PlacedErrand[] {
  return entries
    .filter(isErrand)
    .flatMap((entry) =>
      (errandsOf(entry.definition) ?? []).map((errand) => ({ place: placeOf(entry), errand })),
    );
}
