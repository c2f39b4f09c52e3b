import type { Environment } from '../../../environment/resolve.ts';
import { UnreachableError } from '../../../errors.ts';
import { runningByService } from './containers.ts';
import type { AskEngine } from '../engine/engine.ts';

/** The running containers, to run commands in them. */
export interface RunningContainers {
  /** Lists the running containers, once. @throws UnreachableError when the engine does not answer */
  look(): Promise<unknown>;
  /**
   * The ID of a service's running container. Lists the containers once, for all services.
   *
   * @throws UnreachableError when none runs
   */
  of(service: string): Promise<string>;
  /** Remembers a container that runs. */
  remember(service: string, id: string): void;
  /** Forgets all: a container was replaced, or does not answer. */
  forget(): void;
}

export function runningContainers(
  ask: AskEngine,
  { project, name }: Pick<Environment, 'project' | 'name'>,
): RunningContainers {
  const seen = new Map<string, string>();
  let listed: Promise<ReadonlyMap<string, string>> | undefined;

  async function look(): Promise<ReadonlyMap<string, string>> {
    listed ??= runningByService(ask, project);
    const asked = listed;
    // After an error, ask again the next time.
    asked.catch(() => (listed = undefined));
    return asked;
  }

  return {
    look,
    async of(service) {
      const id = seen.get(service) ?? (await look()).get(service);
      if (id !== undefined) return id;
      // It may run the next time: then list again.
      listed = undefined;
      throw new UnreachableError(`service ${service} of ${name} is not running`, {
        hint: `make up ENV=${name}`,
      });
    },
    remember: (service, id) => void seen.set(service, id),
    forget() {
      seen.clear();
      listed = undefined;
    },
  };
}
