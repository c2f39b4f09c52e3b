import type { Environment } from '../environment/resolve.ts';
import { messageOf } from '../errors.ts';
import type { ServiceHealth } from '../stack/stack.ts';

const TIMEOUT_MS = 5_000;

/** The answer of the registry's healthUrl, as one more service; empty without a healthUrl. */
export async function askUrl({ names, variables, entry }: Environment): Promise<ServiceHealth[]> {
  if (names.healthUrl === undefined) return [];
  const unknown: string[] = [];
  const written = names.healthUrl.replaceAll(/\$\{(\w+)\}/g, (_whole, name: string) => {
    const value = variables.get(name)?.value;
    if (value === undefined) unknown.push(name);
    return value ?? '';
  });
  const url = inCheckout(written, entry.checkout?.ports ?? {});
  const row = (healthy: boolean, state: string): ServiceHealth[] => [{ service: url, healthy, state }];
  if (unknown.length > 0) return row(false, `${unknown.join(', ')} is in none of the env files`);
  try {
    const { status } = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
    return row(status >= 200 && status < 400, `status ${status}`);
  } catch (error) {
    // The message of fetch itself is only "fetch failed".
    return row(false, messageOf(error instanceof TypeError && error.cause ? error.cause : error));
  }
}

/** The URL with the port that this checkout publishes instead, if it is one of this machine. */
function inCheckout(written: string, ports: Readonly<Record<string, number>>): string {
  return written.replace(
    /^(https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\]))(?::(\d+))?(?=[/?#]|$)/,
    (whole, server: string, port?: string) => {
      const own = ports[port ?? (server.startsWith('https') ? '443' : '80')];
      return own === undefined ? whole : `${server}:${own}`;
    },
  );
}
