import { display } from '../../../output/display.ts';
import { failed, passed, type Outcome } from '../../../output/check-result.ts';
import type { ComposeConfig } from '../config/config.ts';
import { nameOf, PROJECT_LABEL } from '../containers/containers.ts';
import type { ListedContainer } from '../containers/container.ts';
import type { Docker } from '../engine/docker.ts';
import { askOrThrow, type AskEngine } from '../engine/engine.ts';
import { listenBriefly } from '../../../system/port.ts';

/** A port of the engine's host that a service publishes. */
export interface Wanted {
  readonly service: string;
  readonly address: string;
  readonly port: number;
}

/** A port of the engine's host that a running container uses. */
export interface Taken {
  readonly container: string;
  /** Its compose project; empty for a container that compose did not create. */
  readonly project: string;
  readonly address: string;
  readonly port: number;
}

/** All addresses of a host. */
export const EVERYWHERE = /^(0\.0\.0\.0|\[?::\]?|)$/;

/** The fixed TCP ports. A port that docker chooses never conflicts. */
export function wantedPorts({ services }: ComposeConfig): Wanted[] {
  return Object.entries(services).flatMap(([service, { ports = [] }]) =>
    ports.flatMap(({ host_ip: address = '', published, protocol = 'tcp' }) =>
      protocol !== 'tcp' || published === undefined || !/^[1-9]\d*$/.test(published)
        ? []
        : [{ service, address, port: Number(published) }],
    ),
  );
}

/** The ports of the engine's host that containers use. */
export const portsOf = (listed: readonly ListedContainer[]): Taken[] =>
  listed.flatMap((container) =>
    (container.Ports ?? []).flatMap(({ IP = '', PublicPort, Type }) =>
      PublicPort === undefined || Type !== 'tcp'
        ? []
        : [
            {
              ...{ container: nameOf(container), project: container.Labels?.[PROJECT_LABEL] ?? '' },
              ...{ address: IP, port: PublicPort },
            },
          ],
    ),
  );

/** The container that uses a wanted port. */
export function portHolder({ address, port }: Wanted, taken: readonly Taken[]): Taken | undefined {
  return taken.find(
    (one) =>
      one.port === port &&
      (one.address === address || EVERYWHERE.test(one.address) || EVERYWHERE.test(address)),
  );
}

/** A wanted port that another container or program uses. */
interface Blocked {
  readonly port: number;
  /** For messages. */
  readonly said: string;
  readonly holder: Taken | undefined;
}

/** The fixed ports that others use. @param local whether the engine is on this machine, so that we can try a port */
export async function blockedPorts(
  listed: readonly ListedContainer[],
  config: ComposeConfig,
  project: string,
  local: boolean,
): Promise<Blocked[]> {
  const taken = portsOf(listed);
  const states = await Promise.all(
    wantedPorts(config).map(async (one) => {
      const holder = portHolder(one, taken);
      const isOurs = holder ? holder.project === project : !local || (await canListen(one));
      const who = holder
        ? `${holder.container}${holder.project && ` (project ${holder.project})`}`
        : 'another program';
      return isOurs
        ? []
        : [{ port: one.port, holder, said: `port ${one.port} of ${one.service} is taken by ${who}` }];
    }),
  );
  return states.flat();
}

/** The check result for `make check`: whether each fixed port is free or ours. */
export async function lookAtPorts(
  docker: Docker,
  ask: AskEngine,
  config: ComposeConfig,
  project: string,
  local: boolean,
): Promise<Outcome> {
  const wanted = wantedPorts(config);
  if (wanted.length === 0) return passed('none is fixed');
  const listed = await askOrThrow<ListedContainer[]>(ask, '/containers/json');
  const blocked = await blockedPorts(listed, config, project, local);
  if (blocked.length === 0) {
    const taken = portsOf(listed);
    return passed(wanted.map((one) => `${one.port} ${portHolder(one, taken) ? 'ours' : 'free'}`).join(', '));
  }
  const other = blocked.find(({ holder }) => holder?.project)?.holder;
  return failed(
    blocked.map(({ said }) => said).join('; '),
    other
      ? display(docker('compose', '--project-name', other.project, 'down'))
      : 'end it, or choose another port',
  );
}

/** Whether a port is free. Works only on the engine's machine. */
export const canListen = ({ address, port }: Pick<Wanted, 'address' | 'port'>): Promise<boolean> =>
  listenBriefly(port, EVERYWHERE.test(address) ? '0.0.0.0' : address).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'EADDRINUSE',
  );
