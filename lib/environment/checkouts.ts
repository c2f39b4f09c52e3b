import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnreachableError } from '../errors.ts';
import { writeWhole } from '../system/files.ts';
import { releaseLock, takeLock } from '../system/lock.ts';
import { readJsonIfThere } from '../system/read-bounded.ts';
import { isSystemError } from '../system/reason.ts';
import { stateFolder } from '../system/state-folder.ts';
import { readCheckout, type Checkout } from './checkout.ts';

/** The folders of all checkouts of this account, so that each finds what the others have taken, also while they are down. */
const listFile = (): string => join(stateFolder(), 'checkouts.json');

/** Seconds to wait for other checkouts. Each one takes as long as `docker compose config`. */
const TIMEOUT = 120;

/**
 * Runs `work` while no other checkout of this account chooses names or ports. Without a home folder that can be
 * written to, runs it all the same: then only the engine knows of others.
 *
 * @param work gets the other checkouts that exist
 * @returns what `work` returns; this checkout is in the list then
 */
export async function amongCheckouts<T>(
  root: string,
  work: (others: readonly Checkout[]) => Promise<T>,
): Promise<T> {
  const file = listFile();
  const lock = `${file}.lock`;
  if (!(await hasLock(lock))) return work([]);
  try {
    const others = otherCheckouts(root);
    const done = await work(others);
    const list = [...others.map((one) => one.root), root];
    await writeWhole(file, 0o644, (output) => void output.write(`${JSON.stringify(list, null, 2)}\n`));
    return done;
  } finally {
    releaseLock(lock);
  }
}

/** @returns false if the folder cannot be written to */
async function hasLock(lock: string): Promise<boolean> {
  const deadline = performance.now() + TIMEOUT * 1000;
  for (;;) {
    let holder;
    try {
      holder = takeLock(lock, 'checkouts');
    } catch (error) {
      if (isSystemError(error)) return false;
      throw error;
    }
    if (!holder) return true;
    if (performance.now() > deadline)
      throw new UnreachableError(
        `another checkout (process ${holder.pid}) has been choosing ports for ${TIMEOUT} s`,
        { hint: `if there is none: rm ${lock}` },
      );
    await sleep(50);
  }
}

/** The other checkouts of this account that exist. */
export const otherCheckouts = (root: string): Checkout[] =>
  listed()
    .filter((one) => one !== root)
    .flatMap((one) => readCheckout(one) ?? []);

function listed(): string[] {
  try {
    const found = readJsonIfThere(listFile());
    return Array.isArray(found) ? found.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}
