import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Stack } from './stack.ts';
import type { BackupFacts } from '../database/backup/backup-facts.ts';

/**
 * What proves that facts were written by somebody who knows the password of the environment, and so has all its rights
 * already. A file of anybody else cannot claim to be a backup of it.
 */
export interface Seal {
  readonly salt: string;
  readonly digest: string;
}

/** The facts that a restore relies on for more than showing them, in a fixed order: what is added to them later is not sealed. */
const sealedText = (facts: BackupFacts): string =>
  JSON.stringify([
    ...[facts.environment, facts.database, facts.systemIdentifier, facts.serverVersion],
    ...[facts.format, facts.size, facts.sha256, facts.time, facts.home ?? null],
  ]);

/** Facts with a seal; without one where the environment has no password. */
export async function withSeal(stack: Pick<Stack, 'seal'>, facts: BackupFacts): Promise<BackupFacts> {
  const salt = randomBytes(16).toString('base64');
  const digest = await stack.seal(sealedText(facts), salt);
  return digest === undefined ? facts : { ...facts, seal: { salt, digest } };
}

/** Whether the facts were sealed with the password that the environment has now. */
export async function isSealed(stack: Pick<Stack, 'seal'>, facts: BackupFacts): Promise<boolean> {
  if (!facts.seal) return false;
  const digest = await stack.seal(sealedText(facts), facts.seal.salt);
  if (digest === undefined) return false;
  const [own, given] = [Buffer.from(digest), Buffer.from(facts.seal.digest)];
  return own.length === given.length && timingSafeEqual(own, given);
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
