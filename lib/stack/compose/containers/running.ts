import type { Environment } from '../../../environment/resolve.ts';
import { UnreachableError } from '../../../errors.ts';
import { runningByService } from './containers.ts';
import type { Ask } from '../engine/engine.ts';

/** The containers that run, for commands in them. */
export interface RunningContainers {
  /** Asks the engine, once. @throws UnreachableError when it does not answer */
  look(): Promise<unknown>;
  /**
   * The id of a service's container. The engine is asked once for all of them.
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
  ask: Ask,
  { project, name }: Pick<Environment, 'project' | 'name'>,
): RunningContainers {
  const seen = new Map<string, string>();
  let listed: Promise<ReadonlyMap<string, string>> | undefined;

  async function look(): Promise<ReadonlyMap<string, string>> {
    listed ??= runningByService(ask, project);
    const asked = listed;
    // It may answer the next time.
    asked.catch(() => (listed = undefined));
    return asked;
  }

  return {
    look,
    async of(service) {
      const id = seen.get(service) ?? (await look()).get(service);
      if (id !== undefined) return id;
      // One that does not run yet may do so by the next time.
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
