import type { Environment } from '../../environment/resolve.ts';
import type { StackOptions } from '../stack.ts';
import { readComposeConfig, type ComposeConfig } from './config.ts';
import { dockerOf, type Docker } from './docker.ts';
import { engineSocket } from './endpoint.ts';
import { openEngine, type Engine } from './engine.ts';
import { beginRelay } from './relay.ts';
import { spareOf, spares } from './spares.ts';
import { runningContainers, type RunningContainers } from './running.ts';

/** What every task on a compose stack asks, on its way. */
export interface Asked {
  readonly docker: Docker;
  readonly engine: Engine;
  readonly running: RunningContainers;
  readonly config: Promise<ComposeConfig>;
}

/** Begins to ask, so that docker and compose work while the rest of the code is loaded. */
export function askFirst(environment: Environment, { databaseService, asksDatabase }: StackOptions): Asked {
  const config = readComposeConfig(environment);
  const docker = dockerOf(environment.entry);
  const engine = openEngine(docker, engineSocket(environment.entry));
  const running = runningContainers(engine.ask, environment);
  // Whoever needs the answers hears why there is none.
  for (const answer of [config, running.look()]) answer.catch(() => {});
  const begin = async (): Promise<void> => {
    const id = await running.of(databaseService);
    if (!spares.has(spareOf(id, ''))) beginRelay(engine, id);
  };
  if (asksDatabase) begin().catch(() => {});
  return { docker, engine, running, config };
}
