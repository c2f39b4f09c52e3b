import type { Environment } from '../../environment/resolve.ts';
import type { StackOptions } from '../stack.ts';
import type { Asked } from './ask-first.ts';
import { dockerOf } from './docker.ts';
import { engineSocket } from './endpoint.ts';
import { openEngine } from './engine.ts';
import { beginRelay } from './relay.ts';
import { runningContainers } from './running.ts';
import { spareOf, spares } from './spares.ts';

/** Begins to ask the engine what runs, and the server there to let somebody in, where a task is going to ask it. */
export function askEngine(
  environment: Environment,
  { databaseService, asksDatabase }: StackOptions,
): Omit<Asked, 'config'> {
  const docker = dockerOf(environment.entry);
  const engine = openEngine(docker, engineSocket(environment.entry));
  const running = runningContainers(engine.ask, environment);
  const begin = async (): Promise<void> => {
    const id = await running.of(databaseService);
    if (!spares.has(spareOf(id, ''))) beginRelay(engine, id);
  };
  if (asksDatabase) begin().catch(() => {});
  return { docker, engine, running };
}
