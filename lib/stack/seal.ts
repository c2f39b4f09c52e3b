import { createHmac, scrypt } from 'node:crypto';
import { promisify } from 'node:util';

/**
 * What proves that facts were written by somebody who knows the password of the environment, and so has all its rights
 * already. A file of anybody else cannot claim to be a backup of it.
 */
export interface Seal {
  readonly salt: string;
  readonly digest: string;
}

const derive = promisify<string, string, number, Buffer>(scrypt);

/**
 * A digest that only who knows the password can make. The key is slow to derive, because the facts lie in folders that a
 * password must not be guessed from.
 *
 * @returns undefined where there is no password
 */
export async function keyedDigest(password: string, text: string, salt: string): Promise<string | undefined> {
  if (password === '') return undefined;
  const key = await derive(password, salt, 32);
  return createHmac('sha256', key).update(text).digest('base64');
}
