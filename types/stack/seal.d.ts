/**
 * What proves that facts were written by somebody who knows the password of the environment, and so has all its rights
 * already. A file of anybody else cannot claim to be a backup of it.
 */
export interface Seal {
  readonly salt: string;
  readonly digest: string;
}
/**
 * A digest that only who knows the password can make. The key is slow to derive, because the facts lie in folders that a
 * password must not be guessed from.
 *
 * @returns undefined where there is no password
 */
export declare function keyedDigest(
  password: string,
  text: string,
  salt: string,
): Promise<string | undefined>;
