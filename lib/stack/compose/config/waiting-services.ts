import type { ComposeConfig } from './config.ts';

/**
 * Services that may migrate when they start, or fail without the tables: the application, all services of the same
 * image or build, and all that depend on the database, directly or through others. Not the database, nor its own
 * dependencies. Pure.
 */
export function waitingServices(
  { services }: Pick<ComposeConfig, 'services'>,
  databaseService: string,
  application: string,
): string[] {
  const needs = (service: string): string[] =>
    Object.hasOwn(services, service) ? Object.keys(services[service]!.depends_on ?? {}) : [];
  const reached = (from: string, seen = new Set<string>()): Set<string> => {
    for (const one of needs(from)) if (!seen.has(one)) reached(one, seen.add(one));
    return seen;
  };
  const own = Object.hasOwn(services, application) ? originOf(services[application]!) : undefined;
  const below = reached(databaseService).add(databaseService);
  return Object.entries(services).flatMap(([name, service]) => {
    if (below.has(name)) return [];
    const same = name === application || (own !== undefined && originOf(service) === own);
    return same || reached(name).has(databaseService) ? [name] : [];
  });
}

/** The build or image of a service. */
function originOf({ image, build }: ComposeConfig['services'][string]): string | undefined {
  const origin = build ?? image;
  return origin === undefined ? undefined : JSON.stringify(origin);
}
