import type { Environment } from './resolve.ts';
import type { Registry } from './entry.ts';
import type { Redactor } from '../output/redact.ts';

/**
 * Names that the redactor must not hide, even if somebody's password is the same word. All come from the registry and
 * the resolved environment, never from a text to redact.
 */

/** Words of makesafe's own messages that people also use as a password on their own machine. */
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

/** Makes the redactor hide the secrets of the env files. */
export function hideSecrets(redactor: Redactor, { variables }: Pick<Environment, 'variables'>): void {
  for (const [key, { value, secret }] of variables) {
    const user = key === 'POSTGRES_PASSWORD' ? variables.get('POSTGRES_USER')?.value : undefined;
    if (secret) redactor.hide(value, { key, user });
  }
}
