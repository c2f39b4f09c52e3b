import { join } from 'node:path';
import type { Environment } from '../../../environment/resolve.ts';
import { writeWhole } from '../../../system/files.ts';
import { readJsonIfThere } from '../../../system/read-bounded.ts';
import { SERVICE_LABEL, listContainers } from './containers.ts';
import type { AskEngine } from '../engine/engine.ts';

/**
 * Records the containers that a run stops and will start again, by ID. If the run is killed before that, the
 * application does not run; and a container that exited with 0 looks as if it had finished its work.
 */
export interface Stopped {
  /** @param ids empty when all of them run again */
  readonly note: (ids: readonly string[]) => Promise<void>;
  /** Services of the recorded containers that exist and do not run. */
  readonly services: () => Promise<readonly string[]>;
}

export function stoppedContainers({ root, name, project }: Environment, ask: AskEngine): Stopped {
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
