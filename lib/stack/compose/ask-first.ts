import type { Environment } from '../../environment/resolve.ts';
import { readComposeConfig, type ComposeConfig } from './config.ts';
import { dockerOf, type Docker } from './docker.ts';
import { askEngine, type Ask } from './engine.ts';
import { runningContainers, type RunningContainers } from './running.ts';

/** What every task on a compose stack asks, on its way. */
export interface Asked {
  readonly docker: Docker;
  readonly ask: Ask;
  readonly running: RunningContainers;
  readonly config: Promise<ComposeConfig>;
}

/** Begins to ask, so that docker and compose work while the rest of the code is loaded. */
export function askFirst(environment: Environment): Asked {
  const config = readComposeConfig(environment);
  const docker = dockerOf(environment.entry);
  const ask = askEngine(docker);
  const running = runningContainers(ask, environment);
  // Whoever needs the answers hears why there is none.
  for (const answer of [config, running.look()]) answer.catch(() => {});
  return { docker, ask, running, config };
}
