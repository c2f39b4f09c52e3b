import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { processes } from './embedded.ts';

/** What anybody on the machine may look at of a process, and what its own user may. */
export interface Seen {
  readonly words: string;
  readonly environment: string;
}

/** Looks at all processes that appear, again and again, until it is told to end. */
export function watchProcesses(): { end: () => Promise<Seen[]> } {
  const seen = new Map<string, Seen>();
  let watching = true;
  const watched = (async () => {
    for (; watching; await sleep(10)) {
      for (const { pid, words } of processes()) {
        // A process that becomes another program has other words.
        const key = `${pid} ${words.join(' ')}`;
        if (!seen.has(key)) seen.set(key, { words: words.join(' '), environment: environmentOf(pid) });
      }
    }
  })();
  return {
    async end() {
      watching = false;
      await watched;
      return [...seen.values()];
    },
  };
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    // Ended meanwhile, or somebody else's.
    return '';
  }
}
