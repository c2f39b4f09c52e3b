import {
  LARGE_OBJECTS,
  TABLE_DATA,
  integerOf,
  readToc,
  type Entry,
  type Head,
  type Reading,
} from '../../dump/toc.ts';
import { FailedError } from '../../errors.ts';
import { LONGEST_PART } from '../../dump/archive.ts';
import { bytesOf, withBytesOf, type Bytes } from './bytes.ts';

/** A whole table of contents, and where it comes from. */
export interface Archive extends Pick<Head, 'version' | 'database' | 'serverVersion' | 'pgDumpVersion'> {
  readonly entries: readonly Entry[];
}

/**
 * Reads a custom-format dump to its end, and with little memory however large it is: its table of contents, and that
 * all data is there.
 *
 * @throws FailedError when it is no such dump, is cut, or of a version that is not known
 */
export function scanArchive(file: string, visit: (entry: Entry) => void = () => {}): Head {
  try {
    return withBytesOf(file, (bytes) => scan(bytes, visit));
  } catch (error) {
    const why = error instanceof RangeError ? 'it is cut' : (error as Error).message;
    throw new FailedError(`${file} cannot be read as a dump of pg_dump: ${why}`, { cause: error });
  }
}

/** @throws FailedError as `scanArchive` */
export function readArchive(file: string): Archive {
  const entries: Entry[] = [];
  return { ...scanArchive(file, (entry) => entries.push(entry)), entries };
}

/** @throws Error · RangeError when the bytes end too early */
export function parseArchive(bytes: Buffer): Archive {
  const entries: Entry[] = [];
  return { ...scan(bytesOf(bytes), (entry) => entries.push(entry)), entries };
}

function scan(bytes: Bytes, visit: (entry: Entry) => void): Head {
  if (bytes.size < 5) throw new Error('it does not begin with PGDMP');
  let blocks = 0;
  const read = <T>(reading: Reading<T>): T => {
    let step = reading.next();
    while (!step.done) {
      bytes.skip(step.value.done);
      if (step.value.least > LONGEST_PART) throw new Error('its table of contents is too long');
      step = reading.next(bytes.peek(step.value.least));
    }
    return step.value;
  };
  const head = read(
    readToc((entry) => {
      if (entry.hasData) blocks += 1;
      visit(entry);
    }),
  );
  if (head.format !== 'custom') throw new Error('it is not in the custom format');

  // What follows is the data: blocks of chunks, each with its length in front.
  const integer = (): number => integerOf(bytes.take(1 + head.integerSize));
  const chunks = (): void => {
    for (let length = integer(); length !== 0; length = integer()) bytes.skip(length);
  };
  for (; blocks > 0; blocks--) {
    const type = bytes.byte();
    integer();
    if (type === LARGE_OBJECTS) while (integer() !== 0) chunks();
    else if (type === TABLE_DATA) chunks();
    else throw new Error(`a block of type ${type} is not known`);
  }
  if (bytes.at !== bytes.size) throw new RangeError('cut');
  return head;
}
