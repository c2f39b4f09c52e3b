/**
 * The public interface: what a team's own tasks and registry import. These exports follow semantic versioning. Any
 * other file may change with every version. docs/API.md describes the interface.
 */
export { defineTeamTask as defineTask } from './task/define-task.ts';
export type {
  Definition,
  Destructive,
  DestructiveRun,
  Group,
  NamedRun,
  Run,
  StackRun,
  Task,
} from './run/run.ts';
export { choice, duration, flag, required, text, wholeNumber } from './parameters/kinds.ts';
export type { Origin, Parameter, Parameters, Values } from './parameters/parameter.ts';
export type { Actor } from './output/actor.ts';
export type { Terminal } from './output/terminal.ts';
export type { DatabaseIdentity } from './stack/identity.ts';
export type { Plan } from './stack/plan.ts';
export type { EnvironmentEntry, Registry } from './environment/entry.ts';
export type { Names } from './environment/names.ts';
export type { Naming } from './environment/entry.ts';
export type { EnvFile, Variable } from './environment/env-files.ts';
export type { Environment } from './environment/resolve.ts';
export type { ServiceHealth, Stack, Storage, Target } from './stack/stack.ts';
export {
  CancelledError,
  ConfigurationError,
  FailedError,
  MakesafeError,
  RefusedError,
  UnreachableError,
  UsageError,
} from './errors.ts';
