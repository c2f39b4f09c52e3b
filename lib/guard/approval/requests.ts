import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeFile, writeNewSync } from '../../system/files.ts';
import { isThere, readTextIfThere } from '../../system/read-bounded.ts';
import type { Approval } from './signed-text.ts';

/** Seconds for which an approval counts. */
export const VALID = 600;

/** Where requests for approval, signatures and used nonces are, relative to the root. */
const FOLDER = join('journal', 'approvals');

const NAME = /^([0-9a-f]{32})\.(?:json|sig|used)$/;

/** The path of the signature of an approval, relative to the root. */
export const signatureFile = ({ nonce }: Approval): string => join(FOLDER, `${nonce}.sig`);

/** The request for this run, if it was made before and still counts; else a new one. */
export function requestFor(
  root: string,
  wanted: Pick<Approval, 'task' | 'environment' | 'plan'>,
  now: number,
): Approval {
  const known = readRequests(root).find(
    (one) =>
      (['task', 'environment', 'plan'] as const).every((field) => one[field] === wanted[field]) &&
      counts(one, now) &&
      !isThere(join(root, FOLDER, `${one.nonce}.used`)),
  );
  if (known) return known;
  removeOld(root, now);
  const approval = { ...wanted, nonce: randomBytes(16).toString('hex'), until: Math.floor(now) + VALID };
  mkdirSync(join(root, FOLDER), { recursive: true, mode: 0o700 });
  writeNewSync(join(root, FOLDER, `${approval.nonce}.json`), JSON.stringify(approval), 0o600);
  return approval;
}

/** The file may have been edited: an end that is further away than any of ours was not written here. */
const counts = ({ until }: Approval, now: number): boolean => until > now && until <= now + VALID;

/** Takes the approval. @returns false if it was used before */
export const takeOnce = (root: string, { nonce }: Approval): boolean =>
  writeNewSync(join(root, FOLDER, `${nonce}.used`), '', 0o600);

/** Files may have been edited: only the signature proves something. */
function readRequests(root: string): Approval[] {
  return filesIn(root).flatMap((name): Approval[] => {
    if (!name.endsWith('.json')) return [];
    try {
      const read = JSON.parse(readTextIfThere(join(root, FOLDER, name)) ?? '') as Partial<Approval>;
      const { task, environment, plan, nonce, until } = read;
      const isText = [task, environment, plan].every((one) => typeof one === 'string');
      return isText && `${nonce}.json` === name && typeof until === 'number' ? [read as Approval] : [];
    } catch {
      return [];
    }
  });
}

function filesIn(root: string): string[] {
  const folder = join(root, FOLDER);
  return isThere(folder) ? readdirSync(folder).filter((name) => NAME.test(name)) : [];
}

/** Removes requests that no longer count, with their signatures. A used nonce stays as long as its request counts. */
function removeOld(root: string, now: number): void {
  const alive = new Set(
    readRequests(root)
      .filter((one) => counts(one, now))
      .map(({ nonce }) => nonce),
  );
  for (const name of filesIn(root))
    if (!alive.has(NAME.exec(name)![1]!)) removeFile(join(root, FOLDER, name));
}
