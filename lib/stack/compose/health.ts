import type { ServiceHealth } from '../stack.ts';

/** The part of a line of `docker compose ps --format json` that is used. */
interface Row {
  readonly Service: string;
  readonly State: string;
  /** Empty for a service without a health check. */
  readonly Health: string;
}

/** How each configured service is, from the lines of `docker compose ps --all --format json`. */
export function serviceHealth(services: readonly string[], lines: string): ServiceHealth[] {
  const rows = lines
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row);
  return services.map((service) => {
    const row = rows.find(({ Service }) => Service === service);
    if (!row) return { service, healthy: false, state: 'not created' };
    const healthy = row.State === 'running' && row.Health !== 'unhealthy';
    return { service, healthy, state: row.Health ? `${row.State} (${row.Health})` : row.State };
  });
}
