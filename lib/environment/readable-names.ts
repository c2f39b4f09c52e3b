import type { Environment } from './resolve.ts';
import type { Registry } from './registry.ts';
import type { Facts } from '../guard/facts/facts.ts';
import type { Redactor } from '../output/redact.ts';

/**
 * Names that people have to read, although somebody's password may be the same word. All are known as what they are:
 * nothing here is taken from a text.
 */

/** What our own sentences are made of, and people choose as a password for a machine of their own. */
const TERMS = [
  ...[
    'postgres',
    'postgresql',
    'database',
    'docker',
    'compose',
    'alembic',
    'localhost',
    'container',
    'volume',
  ],
  ...['environment', 'project', 'server', 'engine', 'password', 'secrets', 'makesafe', 'schema', 'public'],
];

export function namesOfRegistry({ environments, removed = {} }: Registry, root: string): string[] {
  const entries = Object.entries(environments);
  return [
    ...TERMS,
    root,
    ...Object.keys(removed),
    ...entries.flatMap(([name, { aliases = [], project, engine, server }]) =>
      [name, ...aliases, project, engine?.host, engine?.context, server?.host].filter(
        (one) => one !== undefined,
      ),
    ),
  ];
}

export const namesOfEnvironment = ({ project, names, variables, envFiles }: Environment): string[] => [
  project,
  ...[names.databaseService, names.application.service, ...names.composeFiles],
  ...envFiles.map(({ path }) => path),
  ...['POSTGRES_USER', 'POSTGRES_DB'].flatMap((name) => variables.get(name)?.value ?? []),
];

/** What the env files keep secret. */
export function hideSecrets(redactor: Redactor, { variables }: Pick<Environment, 'variables'>): void {
  for (const [key, { value, secret }] of variables) {
    const user = key === 'POSTGRES_PASSWORD' ? variables.get('POSTGRES_USER')?.value : undefined;
    if (secret) redactor.hide(value, { key, user });
  }
}

/** What the guard's screen says. */
export function namesOfFacts({ target, contents, markers, plan }: Facts): string[] {
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
