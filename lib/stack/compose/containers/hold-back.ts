import type { Actor } from '../../../output/actor.ts';
import { display } from '../../../output/display.ts';
import type { Application } from '../../application.ts';
import type { ComposeConfig } from '../config/config.ts';
import { SERVICE_LABEL, listContainers } from './containers.ts';
import { runOrThrow, type Docker } from '../engine/docker.ts';
import type { AskEngine } from '../engine/engine.ts';
import type { Stopped } from './stopped.ts';
import { waitingServices } from '../config/waiting-services.ts';

interface About {
  readonly ask: AskEngine;
  readonly docker: Docker;
  readonly project: string;
  readonly config: ComposeConfig;
  readonly databaseService: string;
  /** The service with the application's code. */
  readonly application: string;
  readonly actor: Actor;
  readonly stopped: Stopped;
}

/** Makes `Stack.application`: migrating stops the services other than the database, and starts them again. */
export function holding({
  ask,
  docker,
  project,
  config,
  databaseService,
  application,
  actor,
  stopped,
}: About): Application {
  const waiting = new Set(waitingServices(config, databaseService, application));
  return {
    async databaseRuns() {
      const containers = await listContainers(ask, project, databaseService);
      return containers.some(({ State }) => State === 'running');
    },

    leftStopped: () => stopped.services(),

    async holdBack(which) {
      const states = which === 'all' ? ['running', 'restarting'] : ['restarting'];
      const held = (await listContainers(ask, project)).filter(
        ({ State, Labels }) => states.includes(State) && waiting.has(Labels?.[SERVICE_LABEL] ?? ''),
      );
      const ids = held.map(({ Id }) => Id);
      const change = async (word: 'stop' | 'start'): Promise<void> => {
        if (ids.length === 0) return;
        const command = docker(word, ...ids);
        await actor.act(display(command), () => runOrThrow(command));
      };
      if (ids.length > 0 && !actor.dryRun) await stopped.note(ids);
      await change('stop');
      const services = [...new Set(held.map(({ Labels }) => Labels![SERVICE_LABEL]!))];
      const letGo = async (): Promise<void> => {
        await change('start');
        if (!actor.dryRun) await stopped.note([]);
      };
      return { services, letGo };
    },
  };
}
