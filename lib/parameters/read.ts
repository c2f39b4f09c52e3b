import { missing, ownParameter, readArguments, unknown } from './arguments.ts';
import { UsageError } from '../errors.ts';
import type { MakeInvocation } from '../system/make.ts';
import type { Origin, Parameters, Values } from './parameter.ts';

/** The parameters of one run. */
export interface Given<P extends Parameters = Parameters> {
  readonly values: Values<P>;
  readonly origins: Readonly<Record<keyof P & string, Origin>>;
  /** Exported values that do not count, because the parameter is taken from the command line only. */
  readonly ignored: Readonly<Record<string, string>>;
  readonly help: boolean;
}

export interface Source {
  /** Arguments of the script: `NAME=value`, `--name value`, `--name=value`. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly make: MakeInvocation | undefined;
  /** Parameters of other targets on the same make command line: not a mistake here. */
  readonly alsoAccepted?: ReadonlySet<string>;
  /** All environments, for the error message. */
  readonly environments?: readonly string[];
  /** The command line that calls the task with these parameters, for the hint; undefined if it would fail. */
  readonly line?: (parameters: Readonly<Record<string, string>>) => string | undefined;
  /** Who exports a variable of the process environment: `in your shell`, which is also the default, or `by the makefile`. */
  readonly exported?: (name: string) => string;
  /** The command line that shows the task's help, for the hint. */
  readonly help?: string;
}

/**
 * Reads the parameters of a task: from the command line, else from the process environment, else from their defaults.
 * Reports all problems at once, except when help was asked for.
 *
 * @throws UsageError for unknown, repeated, missing and malformed parameters
 */
export function readParameters<P extends Parameters>(declared: P, source: Source): Given<P> {
  const problems: string[] = [];
  const exportedBy = source.exported ?? (() => 'in your shell');
  const typed = readArguments(declared, source.argv, problems);
  for (const [name, override] of source.make?.overrides ?? []) {
    const parameter = ownParameter(declared, name);
    // The script's own arguments override those of a make further up.
    if (typed.has(name)) continue;
    if (!parameter) {
      if (!source.alsoAccepted?.has(name)) problems.push(unknown(name, declared));
    } else if (parameter.commandLineOnly) {
      // Use the word as it was typed: make strips blanks, and MAKEFLAGS may be inherited.
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
      if (parameter.required) {
        problems.push(missing(name, parameter, source.environments));
        if (ignored[name] !== undefined)
          problems.push(
            `${name}=${ignored[name]} is exported ${exportedBy(name)}; this task takes ${name} from the command line only`,
          );
      }
      continue;
    }
    try {
      values[name] = parameter.parse(given);
    } catch (error) {
      const origin = origins[name] === 'environment' ? ` (exported ${exportedBy(name)})` : '';
      problems.push(`${name}=${given}${origin} ${(error as Error).message}`);
    }
  }

  const help = typed.has('help');
  if (problems.length > 0 && !help) {
    // Never suggest FORCE=1 to a person who did not type it.
    const named = Object.entries(ignored).filter(([name]) => name !== 'FORCE');
    const again = Object.fromEntries([...typed, ...named]);
    const line =
      Object.keys(ignored).length > 0 && isTaken(declared, again) ? source.line?.(again) : undefined;
    const hint = line === undefined ? source.help : `type it: ${line}`;
    throw new UsageError(problems.join('\n'), hint === undefined ? {} : { hint });
  }
  return { values: values as Values<P>, origins: origins as Given<P>['origins'], ignored, help };
}

/** Whether these parameters would be accepted on the command line. */
function isTaken(declared: Parameters, typed: Readonly<Record<string, string>>): boolean {
  const argv = Object.entries(typed).map(([name, value]) => `${name}=${value}`);
  try {
    readParameters(declared, { argv, env: {}, make: undefined });
    return true;
  } catch {
    return false;
  }
}
