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

/** Begins to ask, compose first: it takes longest, and the rest of the code is loaded meanwhile. */
export async function askFirst(environment: Environment, options: StackOptions): Promise<Asked> {
  const config = readComposeConfig(environment);
  // Whoever needs the answers hears why there is none.
  config.catch(() => {});
  const { askEngine } = await import('./ask-engine.ts');
  const asked = askEngine(environment, options);
  asked.running.look().catch(() => {});
  return { ...asked, config };
}
