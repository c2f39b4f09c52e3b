import { inMemory, lossOf, mountOf, placeOf, type Loss, type Place } from './place.ts';
import { plan, type DatabaseContainer, type PlannedService } from './survey.ts';

/** A container whose data would be lost, or may be lost. */
export interface Endangered {
  readonly container: DatabaseContainer;
  readonly loss: Loss;
}

/** The input for a decision. Pure data. */
export interface Situation {
  readonly containers: readonly DatabaseContainer[];
  /** The configured services that have such a container, and the database service. */
  readonly services: ReadonlyMap<string, PlannedService>;
  readonly databaseService: string;
  /** Services behind a profile that is not chosen: `up` and `down` do not touch their containers. */
  readonly disabled: ReadonlySet<string>;
  /** Compose's hash of each configured service. */
  readonly hashes: ReadonlyMap<string, string>;
}

const ANONYMOUS = /^[0-9a-f]{64}$/;
/** Whether the place has a name by which it is found without its container. An anonymous volume has none. */
export const hasName = (place: Place): boolean =>
  place.kind === 'folder' || (place.kind === 'volume' && place.name !== '' && !ANONYMOUS.test(place.name));

/** The containers that lose data if they are removed, and the next `up` creates them again. */
export const lostByRemoval = (situation: Situation): Endangered[] =>
  endangered(situation, (container, service) => lossOf(container, plan(service, container, 'anew')));

/** The containers that lose data if compose recreates them, because their configuration or image has changed. */
export const lostByReplacing = (situation: Situation): Endangered[] =>
  endangered(situation, (container, service) =>
    isUnchanged(container, service, situation.hashes.get(container.service))
      ? undefined
      : lossOf(container, plan(service, container, 'in its place')),
  );

/** The containers that lose data when they stop, because it is in memory. */
export const lostByStopping = ({ containers }: Situation): Endangered[] =>
  containers.flatMap((container) => {
    const path = container.running ? inMemory(container) : undefined;
    const memory: Place = { kind: 'memory' };
    const loss: Loss = { kind: 'moved', what: 'the data', path: path ?? '', from: memory, to: memory };
    return path === undefined ? [] : [{ container, loss }];
  });

/** Whether compose keeps the container, because neither its configuration nor its image has changed. */
const isUnchanged = (
  { hash, imageId }: DatabaseContainer,
  service: PlannedService,
  now: string | undefined,
): boolean => hash !== undefined && hash === now && imageId === service.imageId;

function endangered(
  { containers, services, databaseService, disabled }: Situation,
  lossOfConfigured: (container: DatabaseContainer, service: PlannedService) => Loss | undefined,
): Endangered[] {
  const successor = containers.some(({ service }) => service === databaseService)
    ? undefined
    : services.get(databaseService);
  return containers.flatMap((container) => {
    const { service } = container;
    if (disabled.has(service)) return [];
    const configured = services.get(service);
    const loss = configured ? lossOfConfigured(container, configured) : lossOfOrphan(container, successor);
    return loss ? [{ container, loss }] : [];
  });
}

/** Compose removes a container whose service is no longer in the compose file. It may be the renamed database. */
function lossOfOrphan(container: DatabaseContainer, successor: PlannedService | undefined): Loss | undefined {
  if (successor) return lossOf(container, plan(successor, container, 'anew'));
  const { mounts, data } = container;
  const named = mounts.filter(({ destination }) => hasName(placeOf(destination, mounts)));
  return lossOf(container, { mounts: named, directory: data.directory, sameImage: false });
}

/** Describes where the data is, for messages. */
export function whereIs(place: Place): string {
  switch (place.kind) {
    case 'volume': {
      const below = place.path === '' ? '' : `folder ${place.path} of `;
      if (place.name === '') return 'a new anonymous volume';
      if (ANONYMOUS.test(place.name)) return `${below}anonymous volume ${place.name.slice(0, 12)}`;
      return `${below}volume ${place.name}`;
    }
    case 'folder':
      return `folder ${place.path}`;
    case 'memory':
      return 'memory (tmpfs)';
    case 'layer':
      return "the container's own layer";
  }
}

/** Says why the data would be lost, in one sentence. */
export function whyLost({ container: { name }, loss }: Endangered): string {
  if (loss.kind === 'unknown') return `${name}: it is not known whether the data stays: ${loss.why}`;
  const { what, path, from, to } = loss;
  const is = `${what} of ${name} (${path}) is in ${whereIs(from)}`;
  if (from.kind === 'memory') return `${is}, which ends when the container stops`;
  return `${is}, and a new container would use ${whereIs(to)}`;
}

/** What a person types and changes, so that the data stays. */
export function remedyFor(
  { container, loss }: Endangered,
  service: PlannedService | undefined,
  words: {
    /** The compose file, for messages. */
    readonly file: string;
    /** The key in the compose file for a volume's real name. */
    readonly keyOf: (volume: string) => string;
    readonly command: (task: string, more?: string) => string;
  },
): string[] {
  const { file, keyOf, command } = words;
  const { mounts, data } = container;
  const path = loss.kind === 'moved' ? loss.path : data.real;
  const mount = hasName(placeOf(path, mounts)) ? mountOf(path, mounts) : undefined;
  const move = [
    command('backup'),
    `then ${command('db-reset-volume-env')}; ${command('up')}; ${command('restore-from-dump', 'DUMP=<the backup>')}`,
  ];
  if (mount) {
    const source = mount.kind === 'volume' ? keyOf(mount.source) : mount.source;
    return [
      `${file}: service ${container.service} has its data where "${source}:${mount.destination}" is mounted: put that back`,
      `or move the data, with that in place: ${move[0]}`,
    ];
  }
  const directory = service ? plan(service, container, 'anew').directory : undefined;
  const at = mountPoint(directory ?? data.directory, service?.ofImage ?? []);
  const neighbour = service?.configured.find(
    ({ kind, destination }) => kind !== 'memory' && holdsOther(destination, at),
  );
  const source = neighbour?.source
    ? neighbour.kind === 'volume'
      ? keyOf(neighbour.source)
      : neighbour.source
    : 'data';
  const write = neighbour?.source
    ? `${file}: for service ${container.service} write "${source}:${at}" instead of "${source}:${neighbour.destination}"`
    : `${file}: give service ${container.service} a named volume: volumes: ["data:${at}"], and at the end of the file: volumes: { data: {} }`;
  const keep =
    loss.kind === 'moved' && loss.from.kind === 'volume' && loss.from.name !== ''
      ? [`or keep that volume by its name: volumes: { data: { external: true, name: ${loss.from.name} } }`]
      : [];
  // The file is already correct for a new container: only the data has to move.
  if (neighbour?.destination === at && neighbour.source !== '') return move;
  return [move[0]!, write, move[1]!, ...keep];
}

/** Where to mount a volume for a data directory: at the image's own volume path, else at the directory itself. */
const mountPoint = (directory: string, ofImage: readonly string[]): string =>
  ofImage.find((path) => `${directory}/`.startsWith(`${path}/`)) ?? directory;

const holdsOther = (one: string, other: string): boolean =>
  `${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`);
