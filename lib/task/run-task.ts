import { makeActor } from '../output/actor.ts';
import { commandLine, spelling } from './command-line.ts';
import { canonicalise } from '../environment/canonicalise.ts';
import { loadProtecting } from '../environment/committed.ts';
import { findRoot, namingRegistry, prepareRegistry } from '../environment/registry.ts';
import type { Registry } from '../environment/entry.ts';
import { RefusedError, UsageError } from '../errors.ts';
import { spellingOf } from '../repository/their-makefile.ts';
import { namesOfRegistry } from '../environment/readable-names.ts';
import { addedByMake, makeCommandLines, readMakeInvocation, type MakeInvocation } from '../system/make.ts';
import { readParameters, type Given } from '../parameters/read.ts';
import { runProgram } from './run-program.ts';
import type { Definition, DestructiveRun, Run, StackRun, Task } from '../run/run.ts';
import type { Terminal } from '../output/terminal.ts';
import type { GuardParameters } from '../guard/parameters.ts';
import type { GuardRequest } from '../guard/request.ts';
import type { ENV } from '../parameters/shared.ts';
import type { Values } from '../parameters/parameter.ts';

/** Runs a task as a program. */
export const runTask = (task: Task, script: string): Promise<void> =>
  runProgram((terminal, signal) => perform(task, script, terminal, signal));

async function perform(task: Task, script: string, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const root = findRoot(script);
  const called = readMakeInvocation(process.env, makeCommandLines());
  // The makefile itself decides which targets are the team's: MAKESAFE_EXCEPT may not list all of them.
  const make = called && { ...called, ...spellingOf(root) };
  const [spell, name] = [spelling(make, root), namingRegistry(root)];
  terminal.spell = (text) => name(spell?.(text) ?? text);
  if (make && make.goals.length > 1 && task.name !== 'help') {
    const [{ refuseLateGoal }, { taskNames }] = [
      await import('../repository/goals-behind.ts'),
      await import('../repository/task-files.ts'),
    ];
    refuseLateGoal(root, task.name, (process.env['MAKECMDGOALS'] ?? '').split(/\s+/), taskNames(root));
  }
  const { registry, byCommit, committed } = await loadProtecting(root, signal);
  terminal.redactor.show(namesOfRegistry(registry, root));
  const added = addedByMake();
  const isMakes = (name: string): boolean => process.env[name] === added.get(name);
  const exported = (name: string): string => (isMakes(name) ? 'by the makefile' : 'in your shell');
  const given = await readGiven(task, make, root, registry, exported);
  if (given.help) {
    const { renderTask } = await import('./help.ts');
    return terminal.result(renderTask(task, registry));
  }
  for (const [name, origin] of Object.entries(given.origins)) {
    if (origin !== 'environment') continue;
    const whose = isMakes(name) ? "the makefile's" : "the shell's";
    terminal.info(`${name}=${process.env[name]} is taken from ${whose} exports`);
  }
  const force = given.ignored['FORCE'];
  const exportedForce = force === undefined ? undefined : `FORCE=${force} is exported ${exported('FORCE')}`;
  const exports = exportsOfTheShell(isMakes);
  const ofMakefile = new Set([...added.keys()].filter(isMakes));

  const { values } = given;
  const actor = makeActor(values.DRY_RUN === true, terminal);
  const command: Run['command'] = (name, parameters = {}) => commandLine(make, root, name, parameters);
  const run: Run = { task, root, values, terminal, actor, signal, make, registry, committed, command };
  const { definition } = task;
  return definition.environment === 'none'
    ? definition.run(run)
    : performOnStack(run, definition, given, { exports, ofMakefile, exportedForce }, byCommit);
}

type StackDefinition = Exclude<Definition, { environment: 'none' }>;

/**
 * Runs a task with ENV: canonical name → guard, if the task is destructive, or migrates a protected environment →
 * environment → stack → the work.
 */
async function performOnStack(
  run: Run,
  definition: StackDefinition,
  given: Given,
  exported: Pick<GuardRequest, 'exports' | 'ofMakefile' | 'exportedForce'>,
  byCommit: readonly string[],
): Promise<void> {
  const { task, terminal, registry, values } = run;
  const typed =
    (values as Partial<Values<{ ENV: typeof ENV }>>).ENV ??
    (await chosenEnvironment(run)) ??
    registry.default;
  // An exported env file may define the application's own ENV, which is no environment.
  const again =
    given.origins['ENV'] === 'environment' ? run.command(task.name, { ENV: registry.default }) : '';
  const name = canonicalise(typed, registry, again);
  if (name.alias !== undefined)
    terminal.warn(`ENV=${name.alias} is deprecated; the environment is ${name.name}`);
  const entry = registry.environments[name.name]!;
  if (byCommit.includes(name.name))
    terminal.warn(
      `${name.name} is protected in the checked-out commit, so it is protected here: a commit of env/environments.ts changes that`,
    );
  if (definition.environment === 'default only') {
    const hint = definition.longForm ? run.command(definition.longForm, { ENV: name.name }) : 'leave ENV out';
    if (name.name !== registry.default)
      throw new UsageError(`${task.name} works on ${registry.default} only, and ENV is ${typed}`, { hint });
    if (entry.protected && definition.longForm)
      throw new RefusedError(`${name.name} is protected, and ${task.name} passes no guard`, { hint });
  }

  if (definition.environment === 'name only') return definition.run({ ...run, name });
  const open = async (opened: Run): Promise<StackRun> => {
    const { openEnvironment } = await import('../run/open-environment.ts');
    const stackRun = await openEnvironment(opened, name);
    if (entry.protected) await (await import('../database/close-wall.ts')).closeWall(stackRun);
    return stackRun;
  };
  const migrates = definition.environment === 'any' && entry.protected ? definition.migrates : undefined;
  if (definition.environment !== 'typed' && !migrates) return definition.run(await open(run));

  const { blind } = run.make ?? {};
  if (blind !== undefined) {
    const why =
      blind === '-i' ? 'goes on where a task has failed' : 'shows what a task says only when it is over';
    const hint = `leave ${blind} out (look at MAKEFLAGS and GNUMAKEFLAGS, too)`;
    throw new UsageError(`make ${blind} ${why}: nothing was touched`, { hint });
  }
  const { destructive } = definition;
  if (destructive?.countdown === 'always') terminal.info(`ENV=${typed}, canonical name ${name.name}`);
  const [{ passGuard }, { assistantHere }] = await Promise.all([
    import('../guard/guard.ts'),
    import('../system/assistant.ts'),
  ]);
  const request: GuardRequest = {
    ...{ run: run as Run<GuardParameters>, environment: name, entry, origins: given.origins },
    action: {
      ...(destructive ?? { what: migrates!.what, effect: 'migrate' as const }),
      forced: run.command(task.name, { ...typedAgain(given), ENV: name.name, FORCE: '1' }),
      backup: run.command('backup', { ENV: name.name }),
    },
    ...exported,
    assistant: await assistantHere(),
    read: async (again) => {
      const read = again ? { ...run, ...(await loadProtecting(run.root, run.signal)) } : run;
      canonicalise(name.name, read.registry);
      const { settleCheckout } = await import('../run/settle-checkout.ts');
      return { ...read, registry: await settleCheckout(read, name.name) };
    },
    prepareRead: () => prepareRegistry(run.root),
    open,
    pending: migrates?.pending,
    foresee: (destructive ?? migrates)?.foresee,
    preflight: async (opened: DestructiveRun) => destructive?.preflight?.(opened),
  };
  return passGuard(request, (passed) => definition.run(passed));
}

/**
 * Asks a person who typed no ENV for the environment. Undefined if nobody is asked. A destructive task needs ENV typed,
 * and a short form has a fixed environment; with several goals the answer would be for only one; a recipe or script is
 * no person.
 */
async function chosenEnvironment({ task, terminal, registry, make }: Run): Promise<string | undefined> {
  const { environments, default: usual } = registry;
  const isAsking = ['any', 'name only'].includes(task.definition.environment);
  if (!isAsking || !terminal.interactive || Object.keys(environments).length < 2) return undefined;
  if (make && (make.goals.length > 1 || process.env['MAKELEVEL'] !== '1')) return undefined;
  const { asksPerson, choose } = await import('../output/choose.ts');
  if (!asksPerson(terminal)) return undefined;
  const choices = Object.entries(environments).map(([name, entry]) => ({
    name,
    remark: [name === usual ? 'default' : '', entry.protected ? 'protected' : ''].filter(Boolean).join(', '),
  }));
  return choose(terminal, 'ENV', choices, usual);
}

/** The parameters that were typed, for a command line that repeats them. */
function typedAgain({ origins, values }: Given): Record<string, string> {
  const typed = Object.keys(origins).filter((name) => origins[name] === 'command line');
  return Object.fromEntries(
    typed.map((name) => {
      const value = values[name];
      return [name, typeof value === 'boolean' ? String(Number(value)) : String(value)];
    }),
  );
}

async function readGiven(
  task: Task,
  make: MakeInvocation | undefined,
  root: string,
  registry: Registry,
  exported: (name: string) => string,
): Promise<Given> {
  const environments = Object.keys(registry.environments);
  const isOne = (typed: string): boolean =>
    Object.entries(registry.environments).some(([name, { aliases = [] }]) =>
      [name, ...aliases].includes(typed),
    );
  // An exported env file may define the application's own ENV, which is no environment: then suggest no command line.
  const line = (parameters: Readonly<Record<string, string>>): string | undefined =>
    isOne(parameters['ENV'] ?? environments[0]!) ? commandLine(make, root, task.name, parameters) : undefined;
  const help = commandLine(make, root, 'help', { TASK: task.name });
  const source = { argv: process.argv.slice(2), env: process.env, make, line, help, environments, exported };
  // make runs `help` for a target that does not exist. Report that, and ignore the variables that were typed for it.
  if (make && make.goals.length > 0 && !make.goals.includes(task.name)) {
    return readParameters(task.parameters, { ...source, make: { ...make, overrides: new Map() } });
  }
  const others = make?.goals.filter((goal) => goal !== task.name) ?? [];
  if (others.length === 0) return readParameters(task.parameters, source);
  // `make db-reset-volume-env up ENV=… WAIT=9`: a parameter of one goal is not a mistake for the other.
  const { loadTasks } = await import('./find-tasks.ts');
  const goals = (await loadTasks(root)).filter(({ name }) => others.includes(name));
  const alsoAccepted = new Set(goals.flatMap(({ parameters }) => Object.keys(parameters)));
  return readParameters(task.parameters, { ...source, alsoAccepted });
}

/**
 * The variables that the shell exports, for the guard to check. Removes those that could choose a server from our own
 * environment, because even the defaults of libraries use them. Variables that a makefile added are not the person's
 * choice, so they are left out.
 */
function exportsOfTheShell(isMakes: (name: string) => boolean): Record<string, string> {
  const exports = { ...process.env } as Record<string, string>;
  const withoutEffect = Object.keys(exports).filter((name) =>
    /^(PG[A-Z]|COMPOSE_|ZX_|DATABASE_URL$)/.test(name),
  );
  for (const name of withoutEffect) {
    if (isMakes(name)) delete exports[name];
    delete process.env[name];
  }
  return exports;
}
