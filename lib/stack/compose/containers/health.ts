import type { ServiceHealth } from '../../stack.ts';
import type { ConfiguredService } from '../config/config.ts';
import { SERVICE_LABEL, listContainers } from './containers.ts';
import type { AskEngine } from '../engine/engine.ts';

/** The part of a container that tells its health, as `docker inspect` shows it. */
export interface Patient {
  readonly State: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly Health?: { readonly Status: string } | null;
  };
  readonly HostConfig: { readonly RestartPolicy?: { readonly Name?: string } | null };
}

type Services = Readonly<Record<string, ConfiguredService>>;

/**
 * The health of each configured service. If a service has several containers, an unhealthy one counts.
 *
 * @param containers by service
 */
export function serviceHealth(
  services: Services,
  containers: ReadonlyMap<string, readonly Patient[]>,
  databaseService: string,
): ServiceHealth[] {
  return Object.entries(services).flatMap(([service, { deploy, scale }]) => {
    const found = containers.get(service) ?? [];
    if (found.length === 0)
      return (deploy?.replicas ?? scale) === 0 ? [] : [{ service, healthy: false, state: 'not created' }];
    const all = found.map((one) => {
      const mayEnd = service !== databaseService && isOneShot(one, service, services);
      return { service, ...healthOf(one, mayEnd) };
    });
    return [all.find(({ healthy }) => !healthy) ?? all[0]!];
  });
}

function healthOf(
  { State, HostConfig }: Patient,
  mayEnd: boolean,
): { readonly healthy: boolean; readonly state: string } {
  const { Status, ExitCode } = State;
  const check = checkOf(State);
  if (Status === 'exited') {
    // The engine restarts such a container whenever it ends. So if it has exited, somebody stopped it.
    const restarts = ['always', 'unless-stopped'].includes(HostConfig.RestartPolicy?.Name ?? '');
    return { healthy: ExitCode === 0 && mayEnd && !restarts, state: `exited (${ExitCode})` };
  }
  if (Status === 'restarting') return { healthy: false, state: `restarting (${ExitCode})` };
  return {
    healthy: Status === 'running' && check !== 'unhealthy',
    state: check === 'none' ? Status : `${Status} (${check})`,
  };
}

/** The result of its health check; `none` without one. */
const checkOf = ({ Health }: Patient['State']): string => Health?.Status ?? 'none';

/**
 * Whether a service is meant to end, like one that migrates or creates a bucket: another service waits until it has
 * completed, or it has no port and no health check, which are useful only while it runs.
 *
 * @see https://docs.docker.com/reference/compose-file/services/#depends_on
 */
function isOneShot({ State }: Patient, service: string, services: Services): boolean {
  const awaited = Object.values(services).some(
    ({ depends_on = {} }) =>
      Object.hasOwn(depends_on, service) &&
      depends_on[service]!.condition === 'service_completed_successfully',
  );
  return awaited || ((services[service]!.ports ?? []).length === 0 && checkOf(State) === 'none');
}

/** The containers of the project, by service. */
export async function readPatients(ask: AskEngine, project: string): Promise<Map<string, Patient[]>> {
  const listed = await listContainers(ask, project);
  const inspected = await Promise.all(listed.map(({ Id }) => ask<Patient>(`/containers/${Id}/json`)));
  const patients = new Map<string, Patient[]>();
  for (const [index, one] of inspected.entries()) {
    const service = listed[index]!.Labels?.[SERVICE_LABEL] ?? '';
    // A container may disappear between the two requests.
    if (one) patients.set(service, [...(patients.get(service) ?? []), one]);
  }
  return patients;
}
