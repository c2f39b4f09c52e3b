import { posix } from 'node:path';
import type { Resource, Resources } from '../../stack/resources.ts';
import type { Plan } from '../../stack/plan.ts';
import type { Target } from '../../stack/stack.ts';
import { isNested } from '../../system/files.ts';

/** A resource that two environments both use. */
export interface Overlap {
  readonly what: 'project' | 'volume' | 'folder' | 'address';
  readonly own: Resource;
  readonly other: Resource;
  readonly environment: string;
  /** True if at least one of the two environments is protected. */
  readonly protected: boolean;
}

/** The place of a resource that no file names. */
export const [IN_USE, LEFT_OVER] = ['the storage in use', 'a volume of the project'];

/** Finds what an environment shares with the others of the registry, by configuration or in actual use. */
export function findOverlaps(name: string, all: readonly Resources[], target: Target, plan: Plan): Overlap[] {
  const configured = all.find(({ environment }) => environment === name)!;
  const own = { ...configured, ...withActual(configured, target, plan) };
  const same = (a: string, b: string): boolean => a === b;
  // If the other environment is pinned to another host, it does not mean this engine.
  const isHere = ({ engine, host }: Resources): boolean =>
    engine === own.engine && (host === undefined || host === target.host);
  return all
    .filter((other) => other !== configured && isHere(other))
    .flatMap((other) => {
      const shared = (
        what: Overlap['what'],
        ours: readonly Resource[],
        theirs: readonly Resource[],
        meets: (a: string, b: string) => boolean,
      ): Overlap[] =>
        ours.flatMap((resource) =>
          theirs
            .filter(({ value }) => meets(resource.value, value))
            .map((met) => ({
              ...{ what, own: resource, other: met, environment: other.environment },
              protected: own.protected || other.protected,
            })),
        );
      return [
        ...shared('project', own.projects, other.projects, same),
        ...shared('volume', own.volumes, [...other.volumes, ...other.external], same),
        ...shared('folder', own.folders, other.folders, isNested),
        ...shared('address', own.addresses, other.addresses, isSameAddress),
      ];
    });
}

/** Adds what the server really uses and what the plan removes: the configuration may name other storage by now. */
function withActual(
  { volumes: configured, folders }: Resources,
  { storage }: Target,
  plan: Plan,
): Pick<Resources, 'volumes' | 'folders'> {
  const more = (names: readonly string[], at: string, known: readonly Resource[]): Resource[] =>
    names.filter((name) => !known.some(({ value }) => value === name)).map((value) => ({ value, at }));
  const used = [...configured, ...more('name' in storage ? [storage.name] : [], IN_USE, configured)];
  const removed = more(
    plan.volumes.map(({ name }) => name),
    LEFT_OVER,
    used,
  );
  const volumes = [...used, ...removed];
  if (storage.kind !== 'bind') return { volumes, folders };
  const folder = posix.join(storage.source, storage.data);
  if (folders.some(({ value }) => isNested(value, folder))) return { volumes, folders };
  return { volumes, folders: [...folders, { value: folder, at: IN_USE }] };
}

const EVERYWHERE = new Set(['0.0.0.0', '[::]', '::', '']);
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/i;

/**
 * Compares `host:port/database`. A host such as 0.0.0.0 stands for all addresses of a machine. A missing part matches
 * any value. An address with a database belongs to a server that may run on any machine.
 */
function isSameAddress(one: string, other: string): boolean {
  const [a, b] = [readAddress(one), readAddress(other)];
  const agree = (x: string, y: string): boolean => x === '' || y === '' || x === y;
  if (!agree(a.port, b.port) || !agree(a.database, b.database)) return false;
  return a.host === b.host || standsFor(a, b) || standsFor(b, a);
}

interface Address {
  readonly host: string;
  readonly port: string;
  readonly database: string;
  readonly isServer: boolean;
}

function readAddress(address: string): Address {
  const [, host = '', port = '', database] = address.match(/^(.*?)(?::(\d+))?(?:\/(.*))?$/)!;
  const isLoopback = LOOPBACK.test(host);
  return {
    host: isLoopback ? 'localhost' : host,
    port,
    database: database ?? '',
    isServer: database !== undefined && !isLoopback,
  };
}

const standsFor = (all: Address, one: Address): boolean =>
  EVERYWHERE.has(all.host) && one.port !== '' && !one.isServer;

/** `volume shop_data is also vm_prod's (env/.env.vm_stg:3, docker/docker-compose.prod.yml:12)` */
export const describeOverlap = ({ what, own, other, environment }: Overlap): string =>
  `${what} ${own.value} is also ${environment}'s (${own.at}, ${other.at})`;
