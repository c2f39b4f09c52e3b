import { isUtf8 } from 'node:buffer';
import { relative } from 'node:path';
import { ConfigurationError } from '../errors.ts';
import { readBytesIfThere } from '../system/read-bounded.ts';
import { MARK } from './script-reader.ts';

/** Bytes: nobody writes a longer one. */
const LONGEST = 8 * 1024 ** 2;

/**
 * A script of the team's own, that of the roles, as text.
 *
 * @throws ConfigurationError where it is no file, or not text, or longer than anybody would write it
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
