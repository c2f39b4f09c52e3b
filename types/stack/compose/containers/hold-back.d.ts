import type { Actor } from '../../../output/actor.ts';
import type { Application } from '../../stack.ts';
import type { ComposeConfig } from '../config/config.ts';
import { type Docker } from '../engine/docker.ts';
import type { Ask } from '../engine/engine.ts';
import type { Stopped } from './stopped.ts';
interface About {
  readonly ask: Ask;
  readonly docker: Docker;
  readonly project: string;
  readonly config: ComposeConfig;
  readonly databaseService: string;
  /** The service with the application's code. */
  readonly application: string;
  readonly actor: Actor;
  readonly stopped: Stopped;
}
/** What is done with the services beside the database, by whoever migrates it. */
export declare function holding({
  ask,
  docker,
  project,
  config,
  databaseService,
  application,
  actor,
  stopped,
}: About): Application;
export {};
