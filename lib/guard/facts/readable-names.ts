import type { GuardFacts } from './facts.ts';

/** The names on the guard's screen, which the redactor must not hide. */
export function namesOfFacts({ target, contents, markers, plan }: GuardFacts): string[] {
  const { engine, host, project, database, user, server, storage, otherUsers, dataDirectory, folder } =
    target;
  return [
    ...[engine, host, project, database, user, server, dataDirectory, folder].filter(
      (one) => one !== undefined,
    ),
    ...Object.values(storage).filter((one) => typeof one === 'string'),
    ...otherUsers,
    ...Object.keys(contents?.sessions ?? {}),
    ...(contents?.revisions ?? []),
    ...Object.entries({ ...markers, ...contents?.markers }).flat(),
    ...[...plan.volumes, ...plan.containers, ...plan.networks].map(({ name }) => name),
    ...plan.folders.map(({ path }) => path),
    ...plan.stays.map(({ what }) => what),
  ];
}
