import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Stack } from '../../stack/stack.ts';
import type { BackupFacts } from './backup-facts.ts';

/** The facts that a restore trusts, in a fixed order. Facts that are added later are not sealed. */
const sealedText = (facts: BackupFacts): string =>
  JSON.stringify([
    ...[facts.environment, facts.database, facts.systemIdentifier, facts.serverVersion],
    ...[facts.format, facts.size, facts.sha256, facts.time, facts.home ?? null],
  ]);

/** The facts with a seal; without one if the environment has no password. */
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
