import type { Environment } from '../environment/resolve.ts';
import { messageOf } from '../errors.ts';
import type { ServiceHealth } from '../stack/stack.ts';

const TIMEOUT_MS = 5_000;

/** The answer of the registry's healthUrl, as one more service; empty without a healthUrl. */
export async function askUrl({ names, variables }: Environment): Promise<ServiceHealth[]> {
  if (names.healthUrl === undefined) return [];
  const unknown: string[] = [];
  const url = names.healthUrl.replaceAll(/\$\{(\w+)\}/g, (_whole, name: string) => {
    const value = variables.get(name)?.value;
    if (value === undefined) unknown.push(name);
    return value ?? '';
  });
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
