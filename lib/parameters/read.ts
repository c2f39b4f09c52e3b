import { missing, ownParameter, readArguments, unknown } from './arguments.ts';
import { UsageError } from '../errors.ts';
import type { MakeInvocation } from '../system/make.ts';
import type { Origin, Parameters, Values } from './parameter.ts';

/** What the parameters of one run turned out to be. */
export interface Given<P extends Parameters = Parameters> {
  readonly values: Values<P>;
  readonly origins: Readonly<Record<keyof P & string, Origin>>;
  /** Values exported in the shell that do not count because the parameter is taken from the command line only. */
  readonly ignored: Readonly<Record<string, string>>;
  readonly help: boolean;
}

export interface Source {
  /** Arguments of the script: `NAME=value`, `--name value`, `--name=value`. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly make: MakeInvocation | undefined;
  /** Names that other targets on the same make command line take; they are no mistake here. */
  readonly alsoAccepted?: ReadonlySet<string>;
  /** The environments there are, for the remedy. */
  readonly environments?: readonly string[];
  /** The line that calls the task with the given parameters, for the remedy; undefined where that would fail. */
  readonly line?: (parameters: Readonly<Record<string, string>>) => string | undefined;
  /** The line that shows what the task takes. */
  readonly help?: string;
}

/**
 * Reads the parameters of a task from the command line, then from the process environment, then from their
 * defaults. All problems are reported at once.
 *
 * @throws UsageError for unknown, repeated, missing and malformed parameters
 */
export function readParameters<P extends Parameters>(declared: P, source: Source): Given<P> {
  const problems: string[] = [];
  const typed = readArguments(declared, source.argv, problems);
  for (const [name, override] of source.make?.overrides ?? []) {
    const parameter = ownParameter(declared, name);
    // The script's own arguments are nearer than what a make somewhere above was given.
    if (typed.has(name)) continue;
    if (!parameter) {
      if (!source.alsoAccepted?.has(name)) problems.push(unknown(name, declared));
    } else if (parameter.commandLineOnly) {
      // What make was really given, not what it made of it: make strips blanks, and MAKEFLAGS may be inherited.
      if (override.typed !== undefined) typed.set(name, override.typed);
    } else {
      typed.set(name, override.value);
    }
  }

  const values: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  const ignored: Record<string, string> = {};
  for (const [name, parameter] of Object.entries(declared)) {
    const exported = source.env[name];
    let given = typed.get(name);
    origins[name] = 'command line';
    if (given === undefined && exported !== undefined) {
      if (parameter.commandLineOnly) {
        ignored[name] = exported;
      } else {
        given = exported;
        origins[name] = 'environment';
      }
    }
    if (given === undefined) {
      given = parameter.default;
      origins[name] = 'default';
    }
    if (given === undefined) {
      if (parameter.required) problems.push(missing(name, parameter, ignored[name], source.environments));
      continue;
    }
    try {
      values[name] = parameter.parse(given);
    } catch (error) {
      const origin = origins[name] === 'environment' ? ' (exported in the shell)' : '';
      problems.push(`${name}=${given}${origin} ${(error as Error).message}`);
    }
  }

  const help = typed.has('help');
  if (problems.length > 0 && !help) {
    // Nobody is handed FORCE=1 who did not ask for it.
    const named = Object.entries(ignored).filter(([name]) => name !== 'FORCE');
    const again = Object.fromEntries([...typed, ...named]);
    const line =
      Object.keys(ignored).length > 0 && isTaken(declared, again) ? source.line?.(again) : undefined;
    const hint = line === undefined ? source.help : `type it: ${line}`;
    throw new UsageError(problems.join('\n'), hint === undefined ? {} : { hint });
  }
  return { values: values as Values<P>, origins: origins as Given<P>['origins'], ignored, help };
}

/** Whether typing these would do. */
export function isTaken(declared: Parameters, typed: Readonly<Record<string, string>>): boolean {
  const argv = Object.entries(typed).map(([name, value]) => `${name}=${value}`);
  try {
    readParameters(declared, { argv, env: {}, make: undefined });
    return true;
  } catch {
    return false;
  }
}
