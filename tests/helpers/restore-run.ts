import { Writable } from 'node:stream';
import { makeActor } from '../../lib/output/actor.ts';
import { canonicalise } from '../../lib/environment/canonicalise.ts';
import { loadRegistry } from '../../lib/environment/registry.ts';
import { openEnvironment } from '../../lib/run/open-environment.ts';
import { loadParser } from '../../lib/sql/syntax.ts';
import type { DestructiveRun, Task } from '../../lib/run/run.ts';
import { Terminal } from '../../lib/output/terminal.ts';
import restoreTask from '../../tasks/restore-from-dump.ts';

/** A run of a restore in this process, past the guard: many would otherwise wait for Node to start most of the time. */
export interface Opened {
  readonly run: DestructiveRun;
  /** What was said on the terminal since `clear`. */
  readonly said: () => string;
  readonly clear: () => void;
}

export async function openRun(root: string, environment: string, task: Task = restoreTask): Promise<Opened> {
  await loadParser();
  let said = '';
  const written = new Writable({
    write(chunk: Buffer, _encoding, done) {
      said += chunk.toString();
      done();
    },
  });
  const stream = Object.assign(written, { isTTY: false });
  const terminal = new Terminal(stream, stream, {});
  const registry = await loadRegistry(root);
  const run = await openEnvironment(
    {
      ...{ task, root, values: {}, terminal, registry, make: undefined, committed: { entries: {} } },
      actor: makeActor(false, terminal),
      signal: new AbortController().signal,
      command: (task) => task,
    },
    canonicalise(environment, registry),
  );
  return { run: run as DestructiveRun, said: () => said, clear: () => void (said = '') };
}
