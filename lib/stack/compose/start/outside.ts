import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { display } from '../../../output/display.ts';
import { ConfigurationError } from '../../../errors.ts';
import { failed, passed, type Outcome } from '../../../output/check-result.ts';
import type { ComposeConfig } from '../config/config.ts';
import type { Docker } from '../engine/docker.ts';
import type { AskEngine } from '../engine/engine.ts';

/** An external volume or network: compose uses it, but does not create it. */
interface Outside {
  readonly kind: 'volume' | 'network';
  readonly name: string;
}

/** The external volumes and networks that a service uses: compose needs no others. Pure. */
export function outsideOf({ services, volumes = {}, networks = {} }: ComposeConfig): Outside[] {
  const all = Object.values(services);
  const mounted = new Set(all.flatMap((one) => (one.volumes ?? []).map(({ source }) => source)));
  const joined = new Set(all.flatMap((one) => Object.keys(one.networks ?? {})));
  const named = (
    kind: Outside['kind'],
    declared: Readonly<Record<string, { readonly name: string; readonly external?: boolean }>>,
    used: ReadonlySet<string | undefined>,
  ): Outside[] =>
    Object.entries(declared).flatMap(([key, { name, external }]) =>
      external === true && used.has(key) ? [{ kind, name }] : [],
    );
  return [...named('volume', volumes, mounted), ...named('network', networks, joined)];
}

/** The ones that the engine does not have. */
async function missingOutside(ask: AskEngine, config: ComposeConfig): Promise<Outside[]> {
  const looked = await Promise.all(
    outsideOf(config).map(async (one) => ({
      one,
      there: (await ask(`/${one.kind}s/${encodeURIComponent(one.name)}`)) !== undefined,
    })),
  );
  return looked.flatMap(({ one, there }) => (there ? [] : [one]));
}

const sayMissing = ({ kind, name }: Outside): string => `${kind} ${name} is external, and not on this engine`;

/**
 * Checks that all external volumes and networks exist: without one, compose would stop half-way.
 *
 * @throws ConfigurationError naming the missing ones, and the commands that create them
 */
export async function refuseMissing(docker: Docker, ask: AskEngine, config: ComposeConfig): Promise<void> {
  const missing = await missingOutside(ask, config);
  if (missing.length === 0) return;
  throw new ConfigurationError(missing.map(sayMissing).join('\n'), { hint: remedyOf(docker, missing) });
}

/** The check result of the same, for `make check`. */
export async function lookAtOutside(docker: Docker, ask: AskEngine, config: ComposeConfig): Promise<Outcome> {
  const all = outsideOf(config);
  if (all.length === 0) return passed('nothing is external');
  const missing = await missingOutside(ask, config);
  if (missing.length > 0) return failed(missing.map(sayMissing).join('; '), remedyOf(docker, missing));
  return passed(`${all.map(({ name }) => name).join(', ')}: there`);
}

/** What a person does. A missing volume may be on another engine, with its data. */
function remedyOf(docker: Docker, missing: readonly Outside[]): string {
  const lines = missing.map(({ kind, name }) => display(docker(kind, 'create', name)));
  const volumes = missing.some(({ kind }) => kind === 'volume');
  return `${volumes ? 'find the engine that has its data, or make an empty one' : 'make it'}: ${lines.join('; ')}`;
}

/** Checks that the folders and Dockerfiles of all builds exist on this machine: `rebuild` needs them. */
export function lookAtBuilds({ services }: ComposeConfig): Outcome {
  const missing = Object.entries(services).flatMap(([service, { build }]) => {
    const { context, dockerfile = 'Dockerfile', dockerfile_inline: inline } = build ?? {};
    if (context === undefined || !isAbsolute(context)) return [];
    const files = inline === undefined ? [resolve(context, dockerfile)] : [];
    return [context, ...files]
      .filter((path) => !existsSync(path))
      .slice(0, 1)
      .map((path) => `${path} (${service})`);
  });
  return missing.length === 0
    ? passed('what images are built from is there')
    : failed(`not there: ${missing.join(', ')}`, 'correct build: in the compose file, or get the folder');
}
