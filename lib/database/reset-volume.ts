import type { DestructiveRun } from '../task.ts';
import { whileUnfinished } from '../unfinished.ts';

/** Refuses storage that would survive. */
export const checkVolume = ({ stack, target }: DestructiveRun): Promise<void> =>
  stack.checkDestroyable(target);

/** `db-reset-volume-env`: removes containers and storage. Returns once the engine confirms that nothing is left. */
export async function resetVolume(run: DestructiveRun): Promise<void> {
  const { stack, target, environment, terminal, actor, command } = run;
  await whileUnfinished(`what was not removed yet of ${target.project}; the same command removes it`, () =>
    stack.destroy(target),
  );
  if (actor.dryRun) return;
  terminal.ok(`${environment.name}: server and data of ${target.project} are gone`);
  terminal.next(command('up', { ENV: environment.name }));
}
