import { describeCopy } from '../../database/saves/keep-copy.ts';
import { readSteps } from '../../migrations/al-up.ts';
import type { Allowable } from '../../migrations/allow.ts';
import { messageOf, RefusedError } from '../../errors.ts';
import type { Giving } from '../../parameters/parameter.ts';
import type { DestructiveRun, Foreseen } from '../../run/run.ts';
import { describeKnown, kindsOf, know, type Known } from '../know.ts';

type DownRun = DestructiveRun<
  Giving<{ REV: string; KEEP: boolean; ALLOW: readonly Allowable[]; ALEMBIC_INI: string | undefined }>
>;

/**
 * What a downgrade will lose, with the rows that are there: from its rehearsal (`TO=`), or else tried on a copy of the
 * schema. Where nobody can tell, that is on the screen.
 *
 * @throws RefusedError on a protected environment, if nobody has allowed its hazards by name
 */
export async function foresee(run: DownRun): Promise<Foreseen> {
  const { environment, terminal, command, values, task } = run;
  const { ALLOW, REV } = values;
  const undo = await describeCopy(run);
  // A developer's own database.
  if (environment.entry.local === true && environment.entry.protected !== true) return { lines: [], undo };
  const known = await tryToKnow(run);
  const lines = known.by === 'nothing' ? [`not known: ${known.why}`] : describeKnown(known);
  if (environment.entry.protected !== true) {
    if (ALLOW.length > 0)
      terminal.warn(`ALLOW=${ALLOW.join(',')} has no effect: ${environment.name} is not protected`);
    return { lines, undo };
  }
  const there = kindsOf(known);
  const missing = there.filter((kind) => !ALLOW.includes(kind));
  if (missing.length > 0)
    throw new RefusedError(
      ['refused; nothing was touched', ...lines, `not allowed: ${missing.join(', ')}`].join('\n'),
      {
        hint: `if that is meant: ${command(task.name, { ENV: environment.name, REV, FORCE: '1', ALLOW: there.join(',') })}`,
      },
    );
  const unused = ALLOW.filter((word) => !there.some((kind) => kind === word));
  if (unused.length > 0) terminal.warn(`ALLOW names what nobody has seen there: ${unused.join(', ')}`);
  return { lines, undo };
}

async function tryToKnow(run: DownRun): Promise<Known> {
  const { REV } = run.values;
  if (run.actor.dryRun) return { by: 'nothing', why: 'a dry run tries nothing' };
  try {
    return await know(run, await readSteps(run, 'downgrade', REV), 'down', REV);
  } catch (error) {
    run.signal.throwIfAborted();
    // What is wrong is said by the downgrade itself.
    return { by: 'nothing', why: messageOf(error).split('\n')[0]! };
  }
}
