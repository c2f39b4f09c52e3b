import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { Environment } from '../../environment/resolve.ts';
import { ConfigurationError } from '../../errors.ts';
import type { LedElsewhere } from './binding.ts';
import { NAME_ALEMBIC, pythonOf } from './find-python.ts';
import { readsFilesOnly, runAlembic, showing, type Place } from './run-alembic.ts';
import { run, type RunOptions } from '../../system/process.ts';
import { findAlembic } from './find-alembic.ts';
import type { Stack, StackOptions } from '../stack.ts';

/** How an Alembic of this machine reaches the database. */
interface Reach {
  readonly ask: Place['ask'];
  /** Leads all connections of alembic to this database and server. Without it they go where env.py says. */
  readonly led?: () => LedElsewhere;
  /**
   * Where the database is: variables for env.py and its driver.
   *
   * @throws UnreachableError · ConfigurationError when it cannot be reached from here
   */
  readonly variables: () => Promise<Readonly<Record<string, string>>>;
}

/** Makes `Stack.alembic` for an Alembic of this machine: for stacks where no container has one. */
export function alembicHere(
  { root, name, names, variables }: Environment,
  { alembic: named, terminal }: Pick<StackOptions, 'alembic' | 'terminal'>,
  reach: Reach,
): Stack['alembic'] {
  let alembicOnce: ReturnType<typeof findAlembic> | undefined;
  return async (args, { ini, quiet = false, instead, ...how } = {}) => {
    const file = resolve(root, ini ?? names.alembicIni);
    // Commands that only read the revisions' files work while the server is down.
    const where = readsFilesOnly(args) ? {} : await reach.variables();
    const alembic = await (alembicOnce ??= findAlembic(root, named, dirname(file)));
    if (!alembic)
      throw new ConfigurationError('no Alembic was found', { hint: `make setup, or ${NAME_ALEMBIC}` });
    if (!existsSync(file))
      throw new ConfigurationError(`${file}: no such file`, {
        hint: 'ALEMBIC_INI=<file>, or alembicIni in env/environments.ts',
      });
    const env = {
      ...Object.fromEntries([...variables].map(([variable, { value }]) => [variable, value])),
      ...where,
      PYTHONDONTWRITEBYTECODE: '1',
    };
    const led = readsFilesOnly(args) ? undefined : reach.led?.();
    const place: Place = {
      environment: name,
      settings: `the variables that env.py reads (env files of ${name}), and ${relative(root, file)}`,
      nameThePython: NAME_ALEMBIC,
      ask: reach.ask,
      ...(led && { server: led.server }),
      python: () => Promise.resolve().then(() => pythonOf(alembic)),
      start: (words, instead, own) => {
        const [program, ...before] = instead ? [...instead.words, '-'] : [alembic.file, ...alembic.args];
        return run(
          { file: program, args: [...before, '-c', file, ...words] },
          {
            ...{ cwd: dirname(file), env },
            ...(instead ? { input: instead.input } : {}),
            ...(quiet ? hearing(led && own) : { onLine: showing(terminal, own) }),
          },
        );
      },
    };
    return runAlembic(place, args, { ...how, instead: instead ?? led });
  };
}

/** Hears lines that are not shown, and says how far it is: on a server of our own, nobody else holds it up. */
const hearing = (own: ((line: string) => unknown) | undefined): Pick<RunOptions, 'onLine'> =>
  own ? { onLine: (line) => void own(line) } : {};
