import type { TocEntry } from '../../dump/toc.ts';
import type { Archive } from '../../dump/archive.ts';
import { behindLine, UNQUOTED } from '../../sql/quoting.ts';
import { COMPLETE, HEADER, NOISE } from '../canonical/canonical.ts';
import { maskSecrets } from '../canonical/mask.ts';

/** Lines that pg_dump writes between objects. */
const BETWEEN = /^(?:--.*|SET default_table(?:space|_access_method) = .*;|)$/;
const VERSIONS = {
  server: /^-- Dumped from database version (\S+)/,
  pgDump: /^-- Dumped by pg_dump version (\S+)/,
};

/**
 * Reads the objects of a plain schema dump, as `db-dump-schema-env` writes it. A header inside a literal, function body
 * or comment does not count.
 *
 * @throws Error if the text is not a complete dump
 */
export function parsePlain(text: string): Omit<Archive, 'version' | 'database'> {
  const entries: (TocEntry & { lines: string[] })[] = [];
  let [serverVersion, pgDumpVersion, complete] = ['', '', false];
  let quoting = UNQUOTED;
  for (const line of text.split('\n')) {
    const open = quoting.open !== '';
    quoting = behindLine(line, quoting);
    const lines = entries.at(-1)?.lines;
    if (open) {
      lines?.push(line);
      continue;
    }
    serverVersion ||= VERSIONS.server.exec(line)?.[1] ?? '';
    pgDumpVersion ||= VERSIONS.pgDump.exec(line)?.[1] ?? '';
    if (line === COMPLETE) complete = true;
    const [, name, kind, schema] = HEADER.exec(line) ?? [];
    if (name !== undefined) entries.push({ ...entry(entries.length, name, kind!, schema!), lines: [] });
    else if (line === '' || !(BETWEEN.test(line) || NOISE.test(line))) lines?.push(line);
  }
  if (!complete) throw new Error(`"${COMPLETE}" is missing`);
  return {
    serverVersion,
    pgDumpVersion,
    entries: entries.map(({ lines, ...rest }) => ({ ...rest, definition: lines.join('\n').trim() })),
  };
}

function entry(id: number, name: string, kind: string, schema: string): TocEntry {
  return {
    ...{ id, name, kind, schema: schema === '-' ? '' : schema, catalog: '', definition: '' },
    ...{ drop: '', copy: '', tablespace: '', accessMethod: '', owner: '' },
    ...{ dependencies: [], hasData: false, file: '' },
  };
}

/** Reduces an entry of an archive to what a plain dump shows: only the header's fields, with secrets masked. */
export function asPlain({ id, name, kind, schema, definition }: TocEntry): TocEntry {
  const line = (text: string): string => text.replaceAll(/[\r\n]/g, ' ');
  const { text } = maskSecrets(kind, definition);
  return { ...entry(id, line(name), line(kind), line(schema)), definition: text };
}
