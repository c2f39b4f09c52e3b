import { existsSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { findRoot, loadRegistry } from '../environment/registry.ts';
import { UsageError } from '../errors.ts';
import { runProgram } from '../task/run-program.ts';
import { runTask } from '../task/run-task.ts';
import { loadModule } from '../system/load-module.ts';
import { nearest } from '../output/suggest.ts';
import { loadTasks } from '../task/find-tasks.ts';
import { taskFiles } from '../repository/task-files.ts';
import { Terminal } from '../output/terminal.ts';

/** Commands that are not tasks, because they need no registry. */
const COMMANDS: Readonly<Record<string, () => Promise<void>>> = {
  init: async () => {
    const { init } = await import('../init/init.ts');
    return runProgram((terminal) => init(terminal, process.cwd(), process.argv.slice(3)));
  },
  completion: async () => runProgram((await import('./completion.ts')).printScript),
  complete: async () => (await import('./completion.ts')).printCandidates(process.argv.slice(3)),
};

/** `npx makesafe <task> NAME=value …`: runs the task as its own file would, or a command that is not a task. */
export async function main(): Promise<void> {
  const script = process.argv[1]!;
  const root = rootOf(script);
  const files = taskFiles(root);
  const [word = 'help', ...rest] = process.argv.slice(2);
  if (process.argv.length < 3 && process.stdin.isTTY === true && root !== undefined)
    return runChosen(root, script);
  const name = ['--help', '-h'].includes(word) ? 'help' : word;
  const file = files.get(name);
  // If a team's own task has the name of a command, the task counts, as it does for make.
  const command = file === undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command) return command();
  if (file === undefined) return runProgram(() => Promise.reject(unknown(name, files.keys())));
  process.argv = [process.argv[0]!, asInstalled(script, file) ?? file, ...rest];
  await loadModule(file);
}

/** Lets a person who typed no task choose one. Destructive tasks are not offered: they must be typed in full. */
async function runChosen(root: string, script: string): Promise<void> {
  const tasks = await loadTasks(root);
  let chosen = tasks.find(({ name }) => name === 'help')!;
  const choosing = async (terminal: Terminal): Promise<void> => {
    const { asksPerson, choose } = await import('../output/choose.ts');
    if (!asksPerson(terminal)) return;
    const { inRegistry } = await import('../task/help.ts');
    const registry = await loadRegistry(root);
    const choices = tasks
      .filter(({ definition }) => definition.destructive === undefined)
      .map(({ name, definition }) => ({ name, remark: inRegistry(definition.summary, registry) }));
    const name = await choose(terminal, 'TASK', choices, 'help');
    chosen = tasks.find((task) => task.name === name)!;
  };
  try {
    await choosing(new Terminal());
  } catch (error) {
    return runProgram(() => {
      throw error;
    });
  }
  const file = taskFiles(root).get(chosen.name)!;
  const installed = asInstalled(script, file) ?? file;
  process.argv = [process.argv[0]!, installed];
  // The task's file is loaded already, and loading it again would not run it.
  return runTask(chosen, installed);
}

/** Without a registry there are no tasks of the repository; the task itself then reports that. */
function rootOf(script: string): string | undefined {
  try {
    return findRoot(script);
  } catch {
    return undefined;
  }
}

/**
 * The path in node_modules of a packaged task's file. The package may be a link there; then the repository is the one
 * around the link, not the one around the package.
 */
function asInstalled(script: string, file: string): string | undefined {
  const [around, ...inside] = script.split(`${sep}node_modules${sep}`);
  const path = join(around!, 'node_modules', 'makesafe', 'dist', 'tasks', basename(file));
  return inside.length > 0 && existsSync(path) ? path : undefined;
}

function unknown(name: string, tasks: Iterable<string>): UsageError {
  const near = nearest(name, [...tasks, ...Object.keys(COMMANDS)]);
  return new UsageError(`there is no task ${name}`, {
    hint: near === undefined ? 'npx makesafe help' : `did you mean: npx makesafe ${near}`,
  });
}
