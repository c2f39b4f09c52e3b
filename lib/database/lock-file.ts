import { hostname } from 'node:os';
import { RefusedError, messageOf } from '../errors.ts';
import { display } from '../output/display.ts';
import { holderOf, takeLock } from '../system/lock.ts';
import { UnreadableError } from '../system/read-bounded.ts';
import { reasonOf, remedyOf } from '../system/reason.ts';
import type { Busy } from './server-lock.ts';

/** Takes a run's lock file. @returns who has it, if somebody else does @throws RefusedError if it cannot be used */
export const takeFileOf = (file: string, about: string): Busy | undefined =>
  inFile(
    file,
    orRefuse(file, () => takeLock(file, about)),
  );

/** Who has a run's lock file. @throws RefusedError if it cannot be read */
export const lookAtFile = (file: string): Busy | undefined =>
  inFile(
    file,
    orRefuse(file, () => holderOf(file)),
  );

const inFile = (file: string, holder: ReturnType<typeof holderOf>): Busy | undefined =>
  holder && {
    holder: `${holder.about} (process ${holder.pid})`,
    remedy: holder.host === hostname() ? '' : `; if ${holder.host} is gone for good: rm ${file}`,
  };

/** Refuses if the lock file cannot be read (another run may hold it) or created (it would protect nothing). */
function orRefuse<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const isThere = error instanceof UnreadableError;
    throw new RefusedError(
      `refused; nothing was touched\n${isThere ? 'the lock cannot be read' : 'the lock cannot be taken'}: ${
        isThere ? messageOf(error) : `${file}: ${reasonOf(error)}`
      }`,
      {
        cause: error,
        hint: isThere
          ? `it should be a small file, or absent; if no other run is at work: ${display({ file: 'rm', args: ['-r', file] })}`
          : (remedyOf(error) ?? `ls -ld ${file}`),
      },
    );
  }
}
