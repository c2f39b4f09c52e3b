import { realpathSync } from 'node:fs';
import { basename, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Actor } from '../output/actor.ts';
import type { DatabaseIdentity } from '../database/identity.ts';
import type { CanonicalName } from '../environment/canonicalise.ts';
import type { Registry } from '../environment/registry.ts';
import type { Environment } from '../environment/resolve.ts';
import type { MakeInvocation } from '../system/make.ts';
import {
  choice,
  duration,
  flag,
  folder,
  wholeNumber,
  type Parameter,
  type Parameters,
  type Values,
} from '../parameters/kinds.ts';
import { ENV, PG_SERVICE, TYPED_ENV } from '../parameters/shared.ts';
import { runTask } from './run-task.ts';
import type { Plan } from '../stack/plan.ts';
import type { Stack, Target } from '../stack/stack.ts';
import type { Terminal } from '../output/terminal.ts';

/** What a task is given. */
export interface Run<P extends Parameters = Parameters> {
  readonly task: Task;
  /** The project's folder. */
  readonly root: string;
  readonly values: Values<P>;
  readonly terminal: Terminal;
  readonly actor: Actor;
  readonly signal: AbortSignal;
  readonly make: MakeInvocation | undefined;
  readonly registry: Registry;
  /** The line to type for another task, in the way this one was called. */
  readonly command: (task: string, parameters?: Readonly<Record<string, string>>) => string;
}

/** What a task that only wants the name of an environment is given. */
export interface NamedRun<P extends Parameters = Parameters> extends Run<P> {
  readonly name: CanonicalName;
}

/** What a task with ENV is given. */
export interface StackRun<P extends Parameters = Parameters> extends Run<P> {
  readonly environment: Environment;
  readonly stack: Stack;
}

/** What a destructive task is given, once the guard has let it through. */
export interface DestructiveRun<P extends Parameters = Parameters> extends StackRun<P> {
  /** What the guard showed. */
  readonly target: Target;
  /** The database that the guard showed; undefined only while its server could not be read. */
  readonly identity: DatabaseIdentity | undefined;
  /** Puts on record what was left out or done otherwise. Undefined before the guard has let it through. */
  readonly note?: (text: string) => void;
  /** All that the guard showed as removed; nothing of a task that leaves containers and storage alone. */
  readonly plan: Plan;
}

interface Declaration<P extends Parameters> {
  readonly group: Group;
  /** One line for `make help`. */
  readonly summary: string;
  readonly parameters?: P;
  /** It stops what others may be using: behind another goal of make it is refused, for it may be meant as a word there. */
  readonly firstGoalOnly?: true;
  /** Complete lines that a person could type. */
  readonly examples: readonly string[];
}

export type Group = 'stack' | 'database' | 'schema' | 'migrations' | 'project';

/** What a task file states. The task's name is the file's. */
export type Definition<P extends Parameters = Parameters> =
  /** Takes no ENV. */
  | (Declaration<P> & {
      readonly environment: 'none';
      readonly destructive?: undefined;
      readonly run: (run: Run<P>) => Promise<void>;
    })
  /** Takes ENV; the registry's default when it is not given. */
  | (Declaration<P> & {
      readonly environment: 'any';
      readonly destructive?: undefined;
      readonly run: (run: StackRun<P>) => Promise<void>;
    })
  /** Takes ENV and opens nothing: for what is on record of an environment, also when it is broken. */
  | (Declaration<P> & {
      readonly environment: 'name only';
      readonly destructive?: undefined;
      readonly run: (run: NamedRun<P>) => Promise<void>;
    })
  /** The short form for daily work: takes the default environment only, and names `longForm` to others. */
  | (Declaration<P> & {
      readonly environment: 'default only';
      readonly longForm?: string;
      readonly destructive?: undefined;
      readonly run: (run: StackRun<P>) => Promise<void>;
    })
  /** Destroys data: runs only behind the guard, with an ENV that was typed, and takes nothing that the shell exports. */
  | (Declaration<P> & {
      readonly environment: 'typed';
      readonly destructive: Destructive<P>;
      readonly run: (run: DestructiveRun<P>) => Promise<void>;
    });

export interface Destructive<P extends Parameters = Parameters> {
  /** As the screen says it: `DB reset`. */
  readonly what: string;
  /** What it does to the database, for the screen. */
  readonly effect: 'destroy' | 'change';
  /** Whether it removes the stack and its storage, and not a database only. It has a plan then. */
  readonly removesStorage?: (values: Values<Parameters>) => boolean;
  /** When the person gets time to press Ctrl-C. */
  readonly countdown: 'always' | 'when protected';
  /** Refuses, before anyone waits, what would fail or do less than it says. */
  readonly preflight?: (run: DestructiveRun<P>) => Promise<void>;
}

export interface Task {
  readonly name: string;
  readonly definition: Definition;
  /** All that the task takes: its own parameters, ENV, and what being destructive adds. */
  readonly parameters: Parameters;
}

/** `defineTask` for a team's own task: what its SQL means is for the settings of its database to say. */
export function defineTeamTask<const P extends Parameters = Record<never, never>>(
  url: string,
  { run, destructive, ...declared }: Definition<P>,
): Task {
  const ofTeam = (work: unknown) => (given: DestructiveRun) =>
    (work as (given: DestructiveRun) => Promise<void>)(withDatabaseSettings(given));
  const preflight = destructive?.preflight && { preflight: ofTeam(destructive.preflight) };
  const definition = {
    ...{ ...declared, run: ofTeam(run) },
    ...(destructive && { destructive: { ...destructive, ...preflight } }),
  };
  return defineTask(url, definition as unknown as Definition<P>);
}

/** A run as it is, where it has no stack. */
function withDatabaseSettings(run: DestructiveRun): DestructiveRun {
  const stack = run.stack as Stack | undefined;
  if (!stack) return run;
  const withClient: Stack['withClient'] = (database, work, as) =>
    stack.withClient(database, work, { settings: 'database', ...as });
  return { ...run, stack: { ...stack, withClient } };
}

/**
 * Declares a task. Run as a script, the file runs it; imported, it is data.
 *
 * @param url `import.meta.url` of the task's file
 */
export function defineTask<const P extends Parameters = Record<never, never>>(
  url: string,
  definition: Definition<P>,
): Task {
  const file = fileURLToPath(url);
  // Inside, a run's values are looked up by name; only the task's own file knows their types.
  const general = definition as unknown as Definition;
  const parameters = allParameters(general);
  const task = { name: basename(file, '.ts'), definition: general, parameters };
  if (process.argv[1] !== undefined && url === pathToFileURL(realpathSync(process.argv[1])).href) {
    // A package may be a link in node_modules, and then belongs to the repository around that.
    const script = process.argv[1].includes(`${sep}node_modules${sep}`) ? process.argv[1] : file;
    void runTask(task, script);
  }
  return task;
}

function allParameters({ environment, destructive, parameters = {} }: Definition): Parameters {
  if (environment === 'none') return parameters;
  if (environment === 'name only') return { ENV, ...parameters };
  const DRY_RUN = flag('print what would be done and touch nothing');
  if (!destructive) return { ENV, ...parameters, PG_SERVICE, DRY_RUN };
  const typed: Parameters = {
    ENV: TYPED_ENV,
    FORCE: flag('needed on a protected environment'),
    BACKUP: choice('skip: on a protected environment, take no backup first', ['first', 'skip'], {
      default: 'first',
    }),
    BACKUP_DIR: folder('the folder for that backup', { default: 'backups' }),
    BACKUP_MAX_AGE: duration('how old a backup may be to be good enough', { default: '1h' }),
    WAIT: wholeNumber('seconds to press Ctrl-C; at least 5 on a protected environment', {
      default: destructive.countdown === 'always' ? '5' : '0',
      placeholder: '<seconds>',
      max: 3600,
    }),
    PG_SERVICE,
    ...parameters,
  };
  const commandLineOnly = Object.entries(typed).map(([name, parameter]): [string, Parameter] => [
    name,
    { ...parameter, commandLineOnly: true },
  ]);
  // Wherever DRY_RUN comes from, it makes the task harmless.
  return { ...Object.fromEntries(commandLineOnly), DRY_RUN };
}
