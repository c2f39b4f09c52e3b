/** The library's public interface: what a team's own tasks and registry are written with. */
export { defineTask } from './task.ts';
export type { Definition, DestructiveRun, Run, StackRun, Task } from './task.ts';
export { flag, required, text, wholeNumber } from './params.ts';
export type { Parameter, Parameters, Values } from './params.ts';
export type { EnvironmentEntry, Registry } from './environment/registry.ts';
export type { Environment } from './environment/resolve.ts';
export type { Stack, Storage, Target } from './stack/stack.ts';
export {
  CancelledError,
  ConfigurationError,
  FailedError,
  MakesafeError,
  RefusedError,
  UnreachableError,
  UsageError,
} from './errors.ts';
