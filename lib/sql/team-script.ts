import { isUtf8 } from 'node:buffer';
import { relative } from 'node:path';
import { ConfigurationError } from '../errors.ts';
import { readBytesIfThere } from '../system/read-bounded.ts';
import { MARK } from './script-reader.ts';

/** Maximum bytes of a script that a person writes. */
const LONGEST = 8 * 1024 ** 2;

/**
 * Reads a script that the team has written (the script for roles) as text.
 *
 * @throws ConfigurationError if there is no such file, or it is not text, or is too long
 */
export function readTeamScript(file: string): string {
  const name = relative('', file);
  const wrong = (why: string): never => {
    throw new ConfigurationError(`${name}: ${why}`, { hint: 'BOOTSTRAP_ROLES_SQL=<file>' });
  };
  const bytes = readBytesIfThere(file, { most: LONGEST, as: name }) ?? wrong('no such file');
  if (bytes.includes(0)) return wrong('it is not text: it holds a zero byte');
  if (!isUtf8(bytes)) return wrong('it is not text in UTF-8');
  return bytes.toString('utf8', bytes.subarray(0, MARK.length).equals(MARK) ? MARK.length : 0);
}
