import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { processes, wordsOf } from './embedded.ts';

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
      for (const process of processes()) {
        const words = process.words.join(' ');
        // A process that becomes another program has other words.
        const key = `${process.pid} ${words}`;
        if (!seen.has(key)) seen.set(key, { words, environment: environmentOf(process.pid, words) });
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

function environmentOf(pid: number, words: string): string {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
    // Between the two looks it may have become another program, whose environment this then is.
    return wordsOf(pid)?.join(' ') === words ? environment : '';
  } catch {
    // Ended meanwhile, or somebody else's.
    return '';
  }
}
