import type { Consent } from '../../parameters/shared.ts';
import type { StackRun } from '../../run/run.ts';
import type { Giving } from '../../parameters/parameter.ts';

/** A run of a task in which a person may consent to something. */
export type ConsentRun = StackRun<Giving<{ ALLOW: readonly Consent[] }>>;

/** Whether a person typed that this is meant. */
export const isAllowed = ({ values }: ConsentRun, consent: Consent): boolean =>
  values.ALLOW.includes(consent);

/** The line to type where something is meant. */
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
