import { join } from 'node:path';
import { interpolated } from '../environment/compose-variables.ts';
import type { Variable } from '../environment/env-files.ts';
import type { Environment } from '../environment/resolve.ts';
import { readTogether } from '../repository/compose-yaml.ts';
import { isThere } from '../system/read-bounded.ts';

/**
 * The environment with the variables that its compose files give the application's service: for an env.py that runs on
 * this machine, perhaps without compose and without the secrets. Unchanged for a stack without containers.
 *
 * @throws Error if a compose file is not YAML
 */
export function withServiceVariables(environment: Environment): Environment {
  const { root, names, entry, variables } = environment;
  if (entry.stack !== 'compose') return environment;
  const files = names.composeFiles.filter((file) => isThere(join(root, file)));
  const { services = {} } = readTogether(root, files);
  const given = services[names.application.service]?.environment ?? {};
  const pairs = Array.isArray(given)
    ? (given as readonly string[]).map((pair): [string, string | undefined] => {
        const at = pair.indexOf('=');
        return at < 0 ? [pair, undefined] : [pair.slice(0, at), pair.slice(at + 1)];
      })
    : Object.entries(given).map(([name, value]): [string, string | undefined] => [
        name,
        value === null ? undefined : String(value),
      ]);
  const own = pairs.flatMap(([name, text]): [string, Variable][] =>
    // Without a value, compose passes on its own.
    text === undefined
      ? []
      : [[name, { ...interpolated(text, variables), place: files.join(', '), plain: false }]],
  );
  return Object.freeze({ ...environment, variables: new Map([...variables, ...own]) });
}
