import type { Consent } from '../../parameters/shared.ts';
import type { StackRun } from '../../run/run.ts';
import type { Giving } from '../../parameters/parameter.ts';

/** A run of a task with ALLOW. */
export type ConsentRun = StackRun<Giving<{ ALLOW: readonly Consent[] }>>;

/** Whether the person has passed this consent in ALLOW. */
export const isAllowed = ({ values }: ConsentRun, consent: Consent): boolean =>
  values.ALLOW.includes(consent);

/** The command with which the person gives this consent. */
export function allowLine({ task, command, environment, values }: ConsentRun, consent: Consent): string {
  const typed: Readonly<Record<string, unknown>> = values;
  const file = (['DUMP', 'SQL'] as const).flatMap((name) =>
    typeof typed[name] === 'string' ? [[name, typed[name]] as const] : [],
  );
  return command(task.name, {
    ENV: environment.name,
    ...Object.fromEntries(file),
    ALLOW: [...new Set([...values.ALLOW, consent])].join(','),
  });
}
