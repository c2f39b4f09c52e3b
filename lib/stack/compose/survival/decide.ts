import { inMemory, lossOf, mountOf, placeOf, type Loss, type Place } from './place.ts';
import { plan, type DatabaseContainer, type PlannedService } from './survey.ts';

/** A container whose data would be lost, or of which nobody can say that they would not. */
export interface Endangered {
  readonly container: DatabaseContainer;
  readonly loss: Loss;
}

/** What a decision is made from. Pure data. */
export interface Situation {
  readonly containers: readonly DatabaseContainer[];
  /** The services that the configuration has now, of those that have such a container, and the database service. */
  readonly services: ReadonlyMap<string, PlannedService>;
  readonly databaseService: string;
  /** Services that the compose file has behind a profile: `up` and `down` leave their containers alone. */
  readonly disabled: ReadonlySet<string>;
  /** Compose's hash of each configured service. */
  readonly hashes: ReadonlyMap<string, string>;
}

const ANONYMOUS = /^[0-9a-f]{64}$/;
/** Whether somebody who knows nothing of the container could find it again: a volume without a name is nobody's. */
export const hasName = (place: Place): boolean =>
  place.kind === 'folder' || (place.kind === 'volume' && place.name !== '' && !ANONYMOUS.test(place.name));

/** What containers lose that are removed, and made again by the next `up`. */
export const lostByRemoval = (situation: Situation): Endangered[] =>
  endangered(situation, (container, service) => lossOf(container, plan(service, container, 'anew')));

/** What containers lose that compose makes anew because their configuration or image has changed. */
export const lostByReplacing = (situation: Situation): Endangered[] =>
  endangered(situation, (container, service) =>
    isUnchanged(container, service, situation.hashes.get(container.service))
      ? undefined
      : lossOf(container, plan(service, container, 'in its place')),
  );

/** What containers lose that are stopped and started again. */
export const lostByStopping = ({ containers }: Situation): Endangered[] =>
  containers.flatMap((container) => {
    const path = container.running ? inMemory(container) : undefined;
    const memory: Place = { kind: 'memory' };
    const loss: Loss = { kind: 'moved', what: 'the data', path: path ?? '', from: memory, to: memory };
    return path === undefined ? [] : [{ container, loss }];
  });

/** Compose leaves a container of which neither configuration nor image has changed. */
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

/** A container whose service is in the compose file no more is removed. The database's may have been renamed. */
function lossOfOrphan(container: DatabaseContainer, successor: PlannedService | undefined): Loss | undefined {
  if (successor) return lossOf(container, plan(successor, container, 'anew'));
  const { mounts, data } = container;
  const named = mounts.filter(({ destination }) => hasName(placeOf(destination, mounts)));
  return lossOf(container, { mounts: named, directory: data.directory, sameImage: false });
}

/** Where the data are, for people. */
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

/** Why the data would not be there again, in one sentence. */
export function whyLost({ container: { name }, loss }: Endangered): string {
  if (loss.kind === 'unknown') return `${name}: it is not known whether the data stays: ${loss.why}`;
  const { what, path, from, to } = loss;
  const is = `${what} of ${name} (${path}) is in ${whereIs(from)}`;
  if (from.kind === 'memory') return `${is}, which ends when the container stops`;
  return `${is}, and a new container would use ${whereIs(to)}`;
}

/** Lines to type and to change, so that the data stays. */
export function remedyFor(
  { container, loss }: Endangered,
  service: PlannedService | undefined,
  words: {
    /** The compose file, for people. */
    readonly file: string;
    /** Of a volume's real name: what the compose file calls it. */
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
  const beside = service?.configured.find(
    ({ kind, destination }) => kind !== 'memory' && isBeside(destination, at),
  );
  const source = beside?.source ? (beside.kind === 'volume' ? keyOf(beside.source) : beside.source) : 'data';
  const write = beside?.source
    ? `${file}: for service ${container.service} write "${source}:${at}" instead of "${source}:${beside.destination}"`
    : `${file}: give service ${container.service} a named volume: volumes: ["data:${at}"], and at the end of the file: volumes: { data: {} }`;
  const keep =
    loss.kind === 'moved' && loss.from.kind === 'volume' && loss.from.name !== ''
      ? [`or keep that volume by its name: volumes: { data: { external: true, name: ${loss.from.name} } }`]
      : [];
  // The file is right already for whatever is made from it: the data has to be moved there.
  if (beside?.destination === at && beside.source !== '') return move;
  return [move[0]!, write, move[1]!, ...keep];
}

/** Where a volume is mounted so that a data directory is in it: where the image says, else at the directory itself. */
const mountPoint = (directory: string, ofImage: readonly string[]): string =>
  ofImage.find((path) => `${directory}/`.startsWith(`${path}/`)) ?? directory;

const isBeside = (one: string, other: string): boolean =>
  `${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`);
