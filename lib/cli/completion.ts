import { fileURLToPath } from 'node:url';
import { UsageError } from '../errors.ts';
import { spellingOf } from '../repository/their-makefile.ts';
import type { Parameter } from '../parameters/parameter.ts';
import type { Task } from '../run/run.ts';
import type { Terminal } from '../output/terminal.ts';
import { readText } from '../system/read-bounded.ts';

const SHELLS = ['bash', 'zsh', 'fish'];

/** `npx makesafe completion bash`: prints the script with which a shell completes the words after `make`. */
export function printScript(terminal: Terminal): Promise<void> {
  const shell = process.argv[3] ?? '';
  if (!SHELLS.includes(shell)) {
    throw new UsageError(`there is no completion for ${shell || 'a shell that is not named'}`, {
      hint: SHELLS.map((one) => `npx makesafe completion ${one}`).join('\n'),
    });
  }
  const script = new URL(`../../completion/makesafe.${shell}`, import.meta.url);
  terminal.result(readText(fileURLToPath(script)).trimEnd());
  return Promise.resolve();
}

/**
 * Prints what could replace the last word, one candidate per line. The shell calls it on Tab: on any error it prints
 * nothing.
 *
 * @param words all words after `make` or `npx`; the last one may be incomplete
 */
export async function printCandidates(words: readonly string[]): Promise<void> {
  try {
    const { findRoot, loadRegistry } = await import('../environment/registry.ts');
    const { loadTasks } = await import('../task/find-tasks.ts');
    const root = findRoot(process.argv[1]!);
    const [registry, tasks] = await Promise.all([loadRegistry(root), loadTasks(root)]);
    const isMake = words[0] !== 'makesafe';
    // With `make`, a name may be the team's own target, which takes none of makesafe's parameters.
    const { prefix, except } = (isMake && spellingOf(root)) || { prefix: '', except: [] as string[] };
    const ours = tasks.filter((task) => !except.includes(task.name));
    const all = isMake ? words : words.slice(1);
    const { valuesOf } = await import('./completion-values.ts');
    const typed = { root, registry, tasks: ours.map(({ name }) => name), words: all.slice(0, -1) };
    const found = [
      ...candidates(all, ours, (...asked) => valuesOf(...asked, typed), prefix),
      ...(isMake ? [] : commands(all)),
    ];
    process.stdout.write(found.map((word) => `${word}\n`).join(''));
  } catch {
    process.exitCode = 1;
  }
}

/** Commands that are not tasks, after `npx makesafe`. Not `init`: here a registry exists already. */
function commands(words: readonly string[]): string[] {
  const all = words.length === 1 ? ['completion'] : words[0] === 'completion' ? SHELLS : [];
  return all.filter((word) => word.startsWith(words.at(-1)!));
}

/**
 * First targets, then the parameters of the typed targets, then the values of a parameter.
 *
 * @param valuesOf possible values of a parameter, without deprecated ones
 */
export function candidates(
  words: readonly string[],
  tasks: readonly Task[],
  valuesOf: (name: string, parameter: Parameter | undefined, value: string) => string[],
  prefix = '',
): string[] {
  const typed = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const goals = tasks.filter(({ name }) => typed.includes(prefix + name));
  const parameters: Record<string, Parameter> = Object.assign(
    {},
    ...goals.map((task) => task.parameters),
  ) as Record<string, Parameter>;
  const [name, value] = current.split(/=(.*)/s);
  const known = Object.hasOwn(parameters, name!) ? parameters[name!] : undefined;
  const all =
    value !== undefined
      ? valuesOf(name!, known, value).map((one) => `${name}=${one}`)
      : [
          ...tasks.map((task) => prefix + task.name),
          ...Object.keys(parameters)
            .filter((variable) => !typed.some((word) => word.startsWith(`${variable}=`)))
            .map((variable) => `${variable}=`),
        ];
  return all.filter((word) => word.startsWith(current) && word !== current);
}
