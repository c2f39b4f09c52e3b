import { createServer } from 'node:net';
import { display } from '../../display.ts';
import { failed, passed, type Outcome } from '../../findings/finding.ts';
import type { ComposeConfig } from './config.ts';
import { must, type Docker } from './docker.ts';

/** A port of the engine's host that a service wants. */
export interface Wanted {
  readonly service: string;
  readonly address: string;
  readonly port: number;
}

/** A port of the engine's host that a running container has. */
export interface Taken {
  readonly container: string;
  /** Its compose project; empty for a container that compose did not make. */
  readonly project: string;
  readonly address: string;
  readonly port: number;
}

const EVERYWHERE = /^(0\.0\.0\.0|\[?::\]?|)$/;

/** Fixed ports; one that docker may choose is always free. */
export function wantedPorts({ services }: ComposeConfig): Wanted[] {
  return Object.entries(services).flatMap(([service, { ports = [] }]) =>
    ports.flatMap(({ host_ip: address = '', published }) =>
      published === undefined || !/^[1-9]\d*$/.test(published)
        ? []
        : [{ service, address, port: Number(published) }],
    ),
  );
}

/** From lines of `docker ps`: name, project and `0.0.0.0:80->8000/tcp, [::]:80->8000/tcp, 5432/tcp`. */
export function takenPorts(lines: string): Taken[] {
  return lines
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => {
      const [container = '', project = '', ports = ''] = line.split('\t');
      return [...ports.matchAll(/(?:^|, )([^,]*?):(\d+)(?:-(\d+))?->/g)].flatMap(
        ([, address, first, last]) => {
          const count = Number(last ?? first) - Number(first) + 1;
          return Array.from({ length: count }, (_, at) => ({
            ...{ container, project, address: address! },
            port: Number(first) + at,
          }));
        },
      );
    });
}

/** Who has a wanted port. */
export function holderOf({ address, port }: Wanted, taken: readonly Taken[]): Taken | undefined {
  return taken.find(
    (one) =>
      one.port === port &&
      (one.address === address || EVERYWHERE.test(one.address) || EVERYWHERE.test(address)),
  );
}

/** Whether each fixed port is free, or ours already. */
export async function lookAtPorts(
  docker: Docker,
  config: ComposeConfig,
  project: string,
  local: boolean,
): Promise<Outcome> {
  const wanted = wantedPorts(config);
  if (wanted.length === 0) return passed('none is fixed');
  const format = '{{.Names}}\t{{.Label "com.docker.compose.project"}}\t{{.Ports}}';
  const taken = takenPorts((await must(docker('ps', '--no-trunc', '--format', format))).stdout);
  const states = await Promise.all(
    wanted.map(async (one) => {
      const holder = holderOf(one, taken);
      if (holder) return { one, holder, free: holder.project === project };
      return { one, holder, free: !local || (await isFree(one)) };
    }),
  );
  const blocked = states.filter(({ free }) => !free);
  if (blocked.length === 0) {
    return passed(states.map(({ one, holder }) => `${one.port} ${holder ? 'ours' : 'free'}`).join(', '));
  }
  const found = blocked.map(({ one, holder }) => {
    const who = holder
      ? `${holder.container}${holder.project && ` (project ${holder.project})`}`
      : 'another program';
    return `port ${one.port} of ${one.service} is taken by ${who}`;
  });
  const other = blocked.find(({ holder }) => holder?.project)?.holder;
  return failed(
    found.join('; '),
    other
      ? display(docker('compose', '--project-name', other.project, 'down'))
      : 'end it, or choose another port',
  );
}

/** Only on the machine that the engine runs on. */
function isFree({ address, port }: Wanted): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'))
      .listen({ port, host: EVERYWHERE.test(address) ? '0.0.0.0' : address, exclusive: true }, () =>
        server.close(() => resolve(true)),
      );
  });
}
