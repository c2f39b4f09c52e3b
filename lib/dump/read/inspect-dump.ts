import { stat } from 'node:fs/promises';
import { PassThrough, type Readable } from 'node:stream';
import { ConfigurationError, MakesafeError, messageOf } from '../../errors.ts';
import { isReadHere } from '../decompress.ts';
import { isReadable } from '../encodings.ts';
import { loadParser } from '../../sql/syntax.ts';
import { sizeOf } from '../checksum.ts';
import { named } from '../dump-file.ts';
import { readPlain } from './plain-dump.ts';
import { readArchive } from './read-archive.ts';
import { NotTakenError, openDump, recognise } from './recognise.ts';
import type { Dump, Expected } from './dump.ts';

/**
 * Reads the file or folder that the person has named, to its end.
 *
 * @throws ConfigurationError with what is wrong in it
 */
export async function inspectDump(name: string, path: string, expected: Expected): Promise<Dump> {
  const refuse = (why: string, hint?: string): never => {
    throw new ConfigurationError(`${expected.parameter}=${name}: ${why}`, hint === undefined ? {} : { hint });
  };
  await loadParser();
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) =>
    refuse(error.code === 'ENOENT' ? 'no such file' : messageOf(error)),
  );
  const { kind, gzip } = await named(() => recognise(path, stats, { name, again: expected.again })).catch(
    (error: unknown) => refuse(messageOf(error), error instanceof NotTakenError ? error.hint : undefined),
  );
  if (kind !== 'plain' && expected.parameter === 'SQL')
    refuse('it is no script, but an archive of pg_dump: restore-from-dump takes it');
  const about = { name, path, kind, gzip, size: sizeOf(path) };
  const { parameter, otherCommand, uncaged = false, meter = () => new PassThrough() } = expected;
  const readText = (text: Readable, isDump: boolean): Promise<Contents> =>
    readPlain(text, { isDump, uncaged, otherCommand, name, again: expected.again });
  const read = async (): Promise<Contents> => {
    if (kind === 'plain') return readText(openDump(about, meter()), parameter === 'DUMP');
    const found = await readArchive(about, meter(), expected.kept);
    const { compression, encoding, server, rights, missingSchemas, links } = found;
    const isForeign = compression !== undefined && !isReadHere(compression);
    if (!isForeign && isReadable(encoding ?? 'UTF8')) return found;
    if (!isForeign || !expected.toText)
      return refuse(
        isForeign
          ? `is compressed with ${compression}, which this machine cannot read, and the stack has no pg_restore`
          : `is encoded in ${encoding}, which is not read here`,
        'pg_dump --format=custom --compress=gzip --encoding=UTF8',
      );
    const text = await readText(expected.toText(about, meter()), true);
    return { ...text, rights, missingSchemas, links, compression, encoding, server, isText: true };
  };
  try {
    return { ...about, compression: 'none', encoding: undefined, isText: false, ...(await named(read)) };
  } catch (error) {
    if (error instanceof MakesafeError) throw error;
    return refuse(messageOf(error), error instanceof NotTakenError ? error.hint : undefined);
  }
}

type Contents = Pick<
  Dump,
  'contents' | 'server' | 'pgDump' | 'tables' | 'brings' | 'errands' | 'rights' | 'missingSchemas' | 'links'
> &
  Partial<Pick<Dump, 'compression' | 'encoding' | 'isText'>>;
