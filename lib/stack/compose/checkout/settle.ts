import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chooseName } from '../../../environment/checkout-name.ts';
import {
  inCheckout,
  ownComposeFile,
  placeOf,
  plainProjects,
  readCheckout,
  writeCheckout,
  type Checkout,
} from '../../../environment/checkout.ts';
import { amongCheckouts, otherCheckouts } from '../../../environment/checkouts.ts';
import type { Registry } from '../../../environment/entry.ts';
import { peekEnvironment, type Environment } from '../../../environment/resolve.ts';
import { ConfigurationError, RefusedError, UnreachableError } from '../../../errors.ts';
import { isBelow, writeWhole } from '../../../system/files.ts';
import { isGone, readTextIfThere } from '../../../system/read-bounded.ts';
import { composeFile, inputsOf } from '../config/config.ts';
import type { ListedContainer, ActualVolume } from '../containers/container.ts';
import { PROJECT_LABEL, WORKING_DIR_LABEL } from '../containers/containers.ts';
import { dockerOf } from '../engine/docker.ts';
import { engineEndpoint } from '../engine/endpoint.ts';
import { askOrThrow, openEngine } from '../engine/engine.ts';
import { engineSocket } from '../engine/socket.ts';
import { canListen, portsOf } from '../start/ports.ts';
import { readLeniently } from '../start/resources.ts';
import { choosePort } from './choose-port.ts';
import { overrideOf, publishedPorts, sharedStorage } from './override.ts';

/** What the engine has; undefined if it does not answer: then the task itself says why. */
interface Found {
  readonly containers: readonly ListedContainer[];
  readonly volumes: readonly ActualVolume[];
}

/**
 * Finds or chooses what this checkout's local environments are called, and the ports of one of them, and writes both
 * down in the checkout. In the first checkout nothing changes.
 *
 * @param dryRun chooses, but writes nothing
 * @throws RefusedError if the environment's project is that of another checkout
 * @throws ConfigurationError if its data would be those of another checkout
 */
export async function settle(
  root: string,
  registry: Registry,
  name: string,
  dryRun: boolean,
): Promise<Checkout> {
  const entry = registry.environments[name]!;
  const known = readCheckout(root);
  const found = await lookAtEngine(entry);
  const placed = isIn(root, peekEnvironment(root, registry, name));
  const madeIn = (project: string): 'here' | 'elsewhere' | undefined => {
    const places = placesOf(found, project).map(placed);
    return places.includes('here') ? 'here' : places.find((place) => place !== undefined);
  };

  let checkout = known;
  const projects = plainProjects(registry);
  const choose = (others: readonly Checkout[]): Checkout => ({
    name: chooseName({
      ...{ place: placeOf(root), projects, others, madeIn },
      exists: (project) =>
        placesOf(found, project).length > 0 ||
        found?.volumes.some(({ Labels }) => Labels?.[PROJECT_LABEL] === project) === true,
    }),
    ...{ root, projects, ports: {} },
  });
  if (found === undefined || dryRun) checkout ??= choose(otherCheckouts(root));
  else if (known?.root !== root || known.projects.join() !== projects.join())
    checkout = await amongCheckouts(root, async (others) => {
      // Another task of this checkout may have been first.
      const now = readCheckout(root);
      const settled = now ? { ...now, root, projects } : choose(others);
      await writeCheckout(root, settled);
      return settled;
    });
  const { name: own } = checkout!;
  const project = entry.project ?? name;
  if (own === '' && madeIn(project) === 'elsewhere') {
    throw new RefusedError(
      `refused; nothing was touched\ncompose project ${project} is that of another checkout: ${placesOf(found, project)[0]}`,
      { hint: `stop it there: make down ENV=${name}` },
    );
  }
  if (own === '' || found === undefined || dryRun) return checkout!;
  return withPorts(root, registry, name, checkout!, found);
}

async function lookAtEngine(entry: Parameters<typeof dockerOf>[0]): Promise<Found | undefined> {
  const { ask } = openEngine(dockerOf(entry), engineSocket(entry));
  try {
    const [containers, { Volumes }] = await Promise.all([
      askOrThrow<ListedContainer[]>(ask, '/containers/json', { all: true }),
      askOrThrow<{ Volumes: readonly ActualVolume[] | null }>(ask, '/volumes'),
    ]);
    return { containers, volumes: Volumes ?? [] };
  } catch (error) {
    if (error instanceof UnreachableError) return undefined;
    throw error;
  }
}

/** The folders in which the containers of a project were made, as compose's label says. */
const placesOf = (found: Found | undefined, project: string): string[] =>
  (found?.containers ?? []).flatMap(({ Labels }) =>
    Labels?.[PROJECT_LABEL] === project ? (Labels[WORKING_DIR_LABEL] ?? []) : [],
  );

/**
 * Whether a folder is in this checkout. A folder that is not there (any more) says nothing: this checkout may have been
 * moved, or the containers were made on another machine.
 */
const isIn =
  (root: string, { names }: Environment) =>
  (folder: string): 'here' | 'elsewhere' | undefined => {
    const own = dirname(join(root, names.composeFiles[0]!));
    if (isBelow(folder, root) || (existsSync(folder) && existsSync(own) && same(folder, own))) return 'here';
    return isGone(folder) ? undefined : 'elsewhere';
  };

const same = (one: string, other: string): boolean => realpathSync(one) === realpathSync(other);

/** Chooses ports where there are none yet or another program has them, and writes the compose file that states them. */
async function withPorts(
  root: string,
  registry: Registry,
  name: string,
  checkout: Checkout,
  found: Found,
): Promise<Checkout> {
  const own = ownComposeFile(name);
  const file = join(root, own);
  const plain = inCheckout(root, registry, checkout);
  const { composeFile: files, ...entry } = plain.environments[name]!;
  const teams = [files ?? []].flat().filter((one) => one !== own);
  const environment = peekEnvironment(
    root,
    { ...plain, environments: { ...plain.environments, [name]: { ...entry, composeFile: teams } } },
    name,
  );
  const { project } = environment;
  const taken = portsOf(found.containers);
  const runs = found.containers.some((one) => one.Labels?.[PROJECT_LABEL] === project);
  const local = (await engineEndpoint(entry)).startsWith('unix:');
  const isFree = async (port: number): Promise<boolean> => {
    const holder = taken.find((one) => one.port === port);
    if (holder) return holder.project === project;
    return runs || !local || canListen({ address: '', port });
  };
  const digest = digestOf(environment);
  const line = `# Made by makesafe for this checkout; ${digest ?? 'read anew each time'}\n`;
  const known = checkout.ports[name] ?? {};
  const isCurrent =
    digest !== undefined &&
    readTextIfThere(file)?.startsWith(line) === true &&
    (await Promise.all(Object.values(known).map(isFree))).every(Boolean);
  if (isCurrent) return checkout;

  const config = await readLeniently(environment);
  const shared = sharedStorage(config, environment.names.databaseService, root);
  if (shared !== undefined) {
    throw new ConfigurationError(
      `the data of ${name} would be those of another checkout: ${shared} is outside of ${root}`,
      {
        hint: `in ${composeFile(environment)}, write a folder of the checkout (./data), or a volume of the project`,
      },
    );
  }
  return amongCheckouts(root, async (others) => {
    const now = readCheckout(root) ?? checkout;
    const ofOthers = [...others, now].flatMap((one) =>
      Object.entries(one.ports).flatMap(([of, ports]) =>
        one === now && of === name ? [] : Object.values(ports),
      ),
    );
    const ports: Record<string, number> = {};
    const isOurs = async (port: number): Promise<boolean> =>
      !ofOthers.includes(port) && !Object.values(ports).includes(port) && (await isFree(port));
    for (const { published } of publishedPorts(config)) {
      const before = now.ports[name]?.[published];
      ports[published] ??=
        before !== undefined && (await isOurs(before))
          ? before
          : await choosePort(root, name, published, isOurs);
    }
    const text = overrideOf(config, { project, name: checkout.name, ports });
    await writeWhole(file, 0o600, (output) => void output.write(line + text));
    const settled = { ...now, root, ports: { ...now.ports, [name]: ports } };
    await writeCheckout(root, settled);
    return settled;
  });
}

/** Counts up when `overrideOf` writes something else. */
const FORM = 1;

/** Of all that the file is made from; undefined if that cannot be known. */
function digestOf(environment: Environment): string | undefined {
  const inputs = inputsOf(environment);
  return inputs === undefined
    ? undefined
    : createHash('sha256')
        .update(JSON.stringify([FORM, inputs]))
        .digest('hex');
}
