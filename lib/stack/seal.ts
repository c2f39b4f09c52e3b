import { createHmac, scrypt } from 'node:crypto';
import { promisify } from 'node:util';

/**
 * Proves that the writer of a backup's facts knows the password of the environment, and so has all its rights already.
 * Nobody else can make a file that passes for a backup of it.
 */
export interface Seal {
  readonly salt: string;
  readonly digest: string;
}

const derive = promisify<string, string, number, Buffer>(scrypt);

/**
 * A digest that only somebody who knows the password can make. Deriving the key is slow on purpose: other people may
 * read the facts, and must not be able to guess the password from them.
 *
 * @returns undefined if there is no password
 */
export async function keyedDigest(password: string, text: string, salt: string): Promise<string | undefined> {
  if (password === '') return undefined;
  const key = await derive(password, salt, 32);
  return createHmac('sha256', key).update(text).digest('base64');
}
