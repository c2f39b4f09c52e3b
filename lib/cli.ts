import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findRoot } from './environment/registry.ts';
import { UsageError } from './errors.ts';
import { runProgram } from './run-program.ts';
import { nearest } from './suggest.ts';
import { taskFiles } from './tasks.ts';

/** What is no task, because it needs no registry. */
const COMMANDS: Readonly<Record<string, () => Promise<void>>> = {
  init: async () => {
    const { init } = await import('./init/init.ts');
    return runProgram((terminal) => init(terminal, process.cwd(), process.argv.slice(3)));
  },
  completion: async () => runProgram((await import('./completion.ts')).printScript),
  complete: async () => (await import('./completion.ts')).printCandidates(process.argv.slice(3)),
};

/** `npx makesafe <task> NAME=value …`: the task, as its file would run it; and the few commands that are no tasks. */
export async function main(): Promise<void> {
  const [word = 'help', ...rest] = process.argv.slice(2);
  const name = ['--help', '-h'].includes(word) ? 'help' : word;
  const script = process.argv[1]!;
  const files = taskFiles(rootOf(script));
  const file = files.get(name);
  // A team's own task may have the name of a command, and make means the task.
  const command = file === undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command) return command();
  if (file === undefined) return runProgram(() => Promise.reject(unknown(name, files.keys())));
  process.argv = [process.argv[0]!, asInstalled(script, name) ?? file, ...rest];
  await import(pathToFileURL(file).href);
}

/** Tasks of the repository's own are found where there is one; a task itself says when there is none. */
function rootOf(script: string): string | undefined {
  try {
    return findRoot(script);
  } catch {
    return undefined;
  }
}

/** The package may be a link in node_modules; the repository is the one around that, not around the package. */
function asInstalled(script: string, task: string): string | undefined {
  const [around, ...inside] = script.split(`${sep}node_modules${sep}`);
  const path = join(around!, 'node_modules', 'makesafe', 'tasks', `${task}.ts`);
  return inside.length > 0 && existsSync(path) ? path : undefined;
}

function unknown(name: string, tasks: Iterable<string>): UsageError {
  const near = nearest(name, [...tasks, ...Object.keys(COMMANDS)]);
  return new UsageError(`there is no task ${name}`, {
    hint: near === undefined ? 'npx makesafe help' : `did you mean: npx makesafe ${near}`,
  });
}
