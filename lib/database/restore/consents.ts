import type { Consent } from '../../parameters/shared.ts';
import type { StackRun } from '../../run/run.ts';

/** Whether a person typed that this is meant. */
export const isAllowed = ({ values }: StackRun, consent: Consent): boolean =>
  ((values['ALLOW'] as readonly Consent[] | undefined) ?? []).includes(consent);

/** The line to type where something is meant. */
export function allowLine({ task, command, environment, values }: StackRun, consent: Consent): string {
  const given = (values['ALLOW'] as readonly Consent[] | undefined) ?? [];
  const file = (['DUMP', 'SQL'] as const).flatMap((name) =>
    typeof values[name] === 'string' ? [[name, values[name]] as const] : [],
  );
  return command(task.name, {
    ENV: environment.name,
    ...Object.fromEntries(file),
    ALLOW: [...new Set([...given, consent])].join(','),
  });
}
