import type { ServiceHealth } from '../../stack.ts';
import type { ConfiguredService } from '../config/config.ts';
import { SERVICE_LABEL, listContainers } from './containers.ts';
import type { Ask } from '../engine/engine.ts';

/** The part of a container that tells how it is, as `docker inspect` shows it. */
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
 * How each configured service is. Of several containers of one, the one that is worst counts.
 *
 * @param containers of each service
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
    // What the engine starts again whenever it ends, was stopped.
    const restarts = ['always', 'unless-stopped'].includes(HostConfig.RestartPolicy?.Name ?? '');
    return { healthy: ExitCode === 0 && mayEnd && !restarts, state: `exited (${ExitCode})` };
  }
  if (Status === 'restarting') return { healthy: false, state: `restarting (${ExitCode})` };
  return {
    healthy: Status === 'running' && check !== 'unhealthy',
    state: check === 'none' ? Status : `${Status} (${check})`,
  };
}

/** What its health check says; `none` without one. */
const checkOf = ({ Health }: Patient['State']): string => Health?.Status ?? 'none';

/**
 * Whether a service is meant to end, as one that migrates or makes a bucket: another one waits for its end, or nothing about
 * it is of use only while it runs, as a port or a health check is.
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

/** The containers of the project, as the engine tells them, by service. */
export async function readPatients(ask: Ask, project: string): Promise<Map<string, Patient[]>> {
  const listed = await listContainers(ask, project);
  const inspected = await Promise.all(listed.map(({ Id }) => ask<Patient>(`/containers/${Id}/json`)));
  const patients = new Map<string, Patient[]>();
  for (const [index, one] of inspected.entries()) {
    const service = listed[index]!.Labels?.[SERVICE_LABEL] ?? '';
    // One may vanish between the two questions.
    if (one) patients.set(service, [...(patients.get(service) ?? []), one]);
  }
  return patients;
}
