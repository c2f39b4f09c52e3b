import type { Environment } from '../../environment/resolve.ts';
import { UnreachableError } from '../../errors.ts';
import { runningContainer } from './containers.ts';
import type { Docker } from './docker.ts';

/** The containers that run, for commands in them. */
export interface RunningContainers {
  /**
   * The id of a service's container. The engine is asked once for it.
   *
   * @throws UnreachableError when none runs
   */
  of(service: string): Promise<string>;
  /** One that was seen to run. */
  remember(service: string, id: string): void;
  /** What is known may no longer be so: one was replaced, or does not answer. */
  forget(): void;
}

export function runningContainers(
  docker: Docker,
  { project, name }: Pick<Environment, 'project' | 'name'>,
): RunningContainers {
  const known = new Map<string, Promise<string>>();

  async function find(service: string): Promise<string> {
    const id = await runningContainer(docker, project, service);
    if (id !== undefined) return id;
    throw new UnreachableError(`service ${service} of ${name} is not running`, {
      hint: `make up ENV=${name}`,
    });
  }

  return {
    of(service) {
      const found = known.get(service) ?? find(service);
      known.set(service, found);
      // One that does not run yet may do so by the next time.
      found.catch(() => known.delete(service));
      return found;
    },
    remember: (service, id) => void known.set(service, Promise.resolve(id)),
    forget: () => known.clear(),
  };
}
