import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { display } from '../output/display.ts';
import type { MakeInvocation } from '../system/make.ts';
import { taskNames } from '../repository/task-files.ts';

/** The command line that calls a task in the same way as this one was called: by make, or as a script. */
export function commandLine(
  make: MakeInvocation | undefined,
  root: string,
  task: string,
  parameters: Readonly<Record<string, string>>,
): string {
  // make expands its arguments: a doubled dollar sign becomes one.
  const words = Object.entries(parameters).map(
    ([name, value]) => `${name}=${make ? value.replaceAll('$', '$$$$') : value}`,
  );
  const [file, ...args] = make ? ['make', task] : scriptLine(root, task);
  return display({ file, args: [...args, ...words] });
}

const scriptLine = (root: string, task: string): [string, ...string[]] =>
  existsSync(join(root, 'tasks', `${task}.ts`))
    ? ['npx', 'tsx', `tasks/${task}.ts`]
    : ['npx', 'makesafe', task];

/**
 * Messages say `make up`. In some repositories that would run another target, or none. The returned function replaces
 * it by what works there: with the makefile's prefix, or without make. Undefined if nothing has to be replaced.
 */
export function spelling(
  make: MakeInvocation | undefined,
  root: string,
): ((text: string) => string) | undefined {
  const { prefix = '', except = [] } = make ?? {};
  const isConsumer = !existsSync(join(root, 'tasks', 'help.ts'));
  if (make ? prefix === '' && except.length === 0 : !isConsumer) return undefined;
  const known = new Set(taskNames(root));
  return (text) =>
    text.replaceAll(/\bmake ([a-z][\w-]*)/g, (whole, name: string) => {
      if (!known.has(name)) return whole;
      return make && !except.includes(name) ? `make ${prefix}${name}` : scriptLine(root, name).join(' ');
    });
}
