import type { ServiceHealth } from '../../stack.ts';
import type { ConfiguredService } from '../config/config.ts';
import type { Ask } from '../engine/engine.ts';
/** The part of a container that tells how it is, as `docker inspect` shows it. */
export interface Patient {
  readonly State: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly Health?: {
      readonly Status: string;
    } | null;
  };
  readonly HostConfig: {
    readonly RestartPolicy?: {
      readonly Name?: string;
    } | null;
  };
}
type Services = Readonly<Record<string, ConfiguredService>>;
/**
 * How each configured service is. Of several containers of one, the one that is worst counts.
 *
 * @param containers of each service
 */
export declare function serviceHealth(
  services: Services,
  containers: ReadonlyMap<string, readonly Patient[]>,
  databaseService: string,
): ServiceHealth[];
/** The containers of the project, as the engine tells them, by service. */
export declare function readPatients(ask: Ask, project: string): Promise<Map<string, Patient[]>>;
export {};
