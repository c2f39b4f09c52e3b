import { setImmediate } from 'node:timers/promises';
import type { Environment } from '../../environment/resolve.ts';
import type { StackOptions } from '../stack.ts';
import { readComposeConfig, type ComposeConfig } from './config.ts';
import type { Docker } from './docker.ts';
import type { Engine } from './engine.ts';
import type { RunningContainers } from './running.ts';

/** What every task on a compose stack asks, on its way. */
export interface Asked {
  readonly docker: Docker;
  readonly engine: Engine;
  readonly running: RunningContainers;
  readonly config: Promise<ComposeConfig>;
}

/**
 * Begins to ask, the engine first: a task that needs the server is let in by a process in its container, which takes
 * longest. Compose answers while the rest of the code is loaded.
 */
export async function askFirst(environment: Environment, options: StackOptions): Promise<Asked> {
  const { askEngine } = await import('./ask-engine.ts');
  const asked = askEngine(environment, options);
  // Whoever needs the answers hears why there is none.
  asked.running.look().catch(() => {});
  // A question is on its way once this process has been idle: in the second turn, when it is connected.
  for (let turn = 0; turn < 2; turn++) await setImmediate();
  const config = readComposeConfig(environment);
  config.catch(() => {});
  return { ...asked, config };
}
