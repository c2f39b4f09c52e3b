import { join } from 'node:path';
import type { Environment } from '../../../environment/resolve.ts';
import { writeWhole } from '../../../system/files.ts';
import { readJsonIfThere } from '../../../system/read-bounded.ts';
import { SERVICE_LABEL, listContainers } from './containers.ts';
import type { Ask } from '../engine/engine.ts';

/**
 * Containers that a run has stopped and is going to start again, by id: a run that is killed in between leaves an
 * application that does not run, and one that ended with 0 looks as if that was meant.
 */
export interface Stopped {
  /** @param ids none where all of them run again */
  readonly note: (ids: readonly string[]) => Promise<void>;
  /** Services of those that are there and still do not run. */
  readonly services: () => Promise<readonly string[]>;
}

export function stoppedContainers({ root, name, project }: Environment, ask: Ask): Stopped {
  const file = join(root, 'journal', `.${name}.stopped.json`);
  return {
    async note(ids) {
      if (ids.length === 0 && readJsonIfThere(file) === undefined) return;
      await writeWhole(file, 0o600, (output) => void output.write(`${JSON.stringify(ids)}\n`));
    },
    services: async () => {
      const ids = readJsonIfThere(file);
      if (!Array.isArray(ids)) return [];
      const left = (await listContainers(ask, project)).filter(
        ({ Id, State }) => ids.includes(Id) && State === 'exited',
      );
      return [...new Set(left.map(({ Labels }) => Labels?.[SERVICE_LABEL] ?? ''))].sort();
    },
  };
}
