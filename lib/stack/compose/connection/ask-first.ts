import { setImmediate } from 'node:timers/promises';
import type { Environment } from '../../../environment/resolve.ts';
import type { StackOptions } from '../../stack.ts';
import { readComposeConfig, type ComposeConfig } from '../config/config.ts';
import { dockerOf, type Docker } from '../engine/docker.ts';
import { openEngine, type Engine } from '../engine/engine.ts';
import { beginRelay } from './relay.ts';
import { runningContainers, type RunningContainers } from '../containers/running.ts';
import { engineSocket } from '../engine/socket.ts';
import { spareOf, spares } from './spares.ts';

/** What every task on a compose stack asks, on its way. */
export interface Asked {
  readonly docker: Docker;
  readonly engine: Engine;
  readonly running: RunningContainers;
  readonly config: Promise<ComposeConfig>;
}

/**
 * Begins to ask: the engine what runs, the server there to let somebody in, where a task is going to ask it, and compose
 * behind them. A process in a container takes longest, and compose answers while the rest of the code is loaded.
 */
export async function askFirst(
  environment: Environment,
  { databaseService, asksDatabase }: StackOptions,
): Promise<Asked> {
  const docker = dockerOf(environment.entry);
  const engine = openEngine(docker, engineSocket(environment.entry));
  const running = runningContainers(engine.ask, environment);
  const begin = async (): Promise<void> => {
    const id = await running.of(databaseService);
    if (!spares.has(spareOf(id, ''))) beginRelay(engine, id);
  };
  // Whoever needs the answers hears why there is none.
  (asksDatabase ? begin() : running.look()).catch(() => {});
  // A question is on its way once this process has been idle: in the second turn, when it is connected.
  for (let turn = 0; turn < 2; turn++) await setImmediate();
  const config = readComposeConfig(environment);
  config.catch(() => {});
  return { docker, engine, running, config };
}
