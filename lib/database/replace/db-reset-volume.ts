import type { DestructiveRun } from '../../run/run.ts';
import { whileUnfinished } from '../../system/unfinished.ts';

/** `db-reset-volume-env`: removes what the guard has shown. Returns once the engine confirms that nothing is left. */
export async function resetVolume(run: DestructiveRun): Promise<void> {
  const { stack, plan, target, environment, terminal, actor, command } = run;
  await whileUnfinished(`what was not removed yet of ${target.project}; the same command removes it`, () =>
    stack.destroy(plan, target),
  );
  if (actor.dryRun) return;
  terminal.ok(`${environment.name}: server and data of ${target.project} are gone`);
  terminal.next(command('up', { ENV: environment.name }));
}
