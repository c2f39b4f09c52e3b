import type { StackRun } from '../run/run.ts';
import type { Orphans } from '../stack/stack.ts';
import { begin } from './begin.ts';
import type { Giving } from '../parameters/parameter.ts';

interface Building {
  readonly PULL: boolean;
  readonly NO_CACHE: boolean;
  readonly BUILDKIT: boolean;
  readonly PROGRESS: string | undefined;
  readonly TIMEOUT: number;
  readonly ORPHANS: Orphans;
}

export async function rebuild(run: StackRun<Giving<Building>>): Promise<void> {
  const { values, stack } = run;
  const options = {
    pull: values.PULL,
    noCache: values.NO_CACHE,
    buildkit: values.BUILDKIT,
    progress: values.PROGRESS,
    timeout: values.TIMEOUT,
    orphans: values.ORPHANS,
  };
  await begin(run, () => stack.rebuild(options));
}
