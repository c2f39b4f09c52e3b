import type { StackRun } from '../run/run.ts';
import type { Orphans } from '../stack/stack.ts';
import { begin } from './begin.ts';

export async function rebuild(run: StackRun): Promise<void> {
  const { values, stack } = run;
  const options = {
    pull: values['PULL'] as boolean,
    noCache: values['NO_CACHE'] as boolean,
    buildkit: values['BUILDKIT'] as boolean,
    progress: values['PROGRESS'] as string | undefined,
    timeout: values['TIMEOUT'] as number,
    orphans: values['ORPHANS'] as Orphans,
  };
  await begin(run, () => stack.rebuild(options));
}
