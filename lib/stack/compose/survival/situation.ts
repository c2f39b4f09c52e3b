import type { Command } from '../../../system/command.ts';
import type { Environment } from '../../../environment/resolve.ts';
import { composeCommand, inProject, type ComposeConfig } from '../config/config.ts';
import { runOrThrow, type Docker } from '../engine/docker.ts';
import type { Engine } from '../engine/engine.ts';
import { runCompose } from '../engine/plugin.ts';
import type { Situation } from './decide.ts';
import { planService, surveyContainers, type Surveyed } from './survey.ts';

/** The project whose data we look for, and what is needed to ask about it. */
export interface About {
  readonly environment: Environment;
  readonly engine: Engine;
  readonly docker: Docker;
  readonly config: ComposeConfig;
  readonly databaseService: string;
  /** The data directory that the server reports; undefined if it does not answer. */
  readonly told: () => Promise<string | undefined>;
}

/** Finds the existing containers, and what compose would create instead. */
interface Situations {
  readonly look: () => Promise<Situation & Surveyed>;
  /** For the same containers, reads the images again, which may have changed. */
  readonly situationOf: (surveyed: Surveyed) => Promise<Situation & Surveyed>;
  /** Compose's hash of each service's present configuration. */
  readonly hashes: () => Promise<Map<string, string>>;
}

export function situations({ environment, engine, config, databaseService, told }: About): Situations {
  const { project } = environment;
  const { ask } = engine;
  const compose = (...args: string[]): Command => composeCommand(environment, ...args);

  async function look(): Promise<Situation & Surveyed> {
    const surveyed = await surveyContainers(engine, { config, project, databaseService }, told());
    return situationOf(surveyed);
  }

  async function situationOf(surveyed: Surveyed): Promise<Situation & Surveyed> {
    const wanted = new Set([databaseService, ...surveyed.containers.map(({ service }) => service)]);
    const names = [...wanted].filter((service) => Object.hasOwn(config.services, service));
    const plans = names.map(async (name) => [name, await planService(ask, surveyed, name, project)] as const);
    // Ask compose only if a container's service is not in the configuration: it may be behind a profile.
    const [services, disabled] = await Promise.all([
      Promise.all(plans),
      names.length < wanted.size ? allServices() : new Set<string>(),
    ]);
    return { ...surveyed, services: new Map(services), databaseService, disabled, hashes: new Map() };
  }

  /** All services, also those behind a profile. */
  async function allServices(): Promise<Set<string>> {
    const { stdout } = await runOrThrow(
      compose('--profile', '*', 'config', '--services'),
      inProject(environment),
      runCompose,
    );
    return new Set(stdout.split('\n').filter(Boolean));
  }

  async function hashes(): Promise<Map<string, string>> {
    const { stdout } = await runOrThrow(compose('config', '--hash', '*'), inProject(environment), runCompose);
    return new Map(
      stdout.split('\n').flatMap((line) => {
        const [service, hash] = line.trim().split(/\s+/);
        return service && hash ? [[service, hash]] : [];
      }),
    );
  }

  return { look, situationOf, hashes };
}
