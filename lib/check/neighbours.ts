import { passed, some, warning, type Check, type Outcome } from '../output/check-result.ts';
import { readResources } from '../stack/read-resources.ts';
import type { Exclusive, Resources } from '../stack/resources.ts';
import type { StackRun } from '../run/run.ts';
import { ofAnyTask } from '../run/open-environment.ts';

/** A resource of one engine that two environments both use. */
interface Collision {
  readonly what: string;
  readonly at: string;
  readonly environment: string;
  readonly there: string;
}

/** Finds resources that an environment and others of its engine cannot both have, or would share. Pure. */
export function collisionsOf(name: string, all: readonly Resources[]): Collision[] {
  const own = all.find(({ environment }) => environment === name)!;
  return all
    .filter((other) => other !== own && mayShareEngine(own, other))
    .flatMap((other) => {
      const exclusive = (own.exclusive ?? []).flatMap((resource) =>
        (other.exclusive ?? [])
          .filter((theirs) => collide(resource, theirs))
          .map((theirs) => ({
            what: `${resource.what} ${resource.value}`,
            at: resource.at,
            there: theirs.at,
          })),
      );
      const volumes = own.volumes.flatMap((resource) =>
        other.volumes
          .filter(({ value }) => value === resource.value)
          .map((theirs) => ({ what: `volume ${resource.value}`, at: resource.at, there: theirs.at })),
      );
      return [...exclusive, ...volumes].map((one) => ({ ...one, environment: other.environment }));
    });
}

const mayShareEngine = (one: Resources, other: Resources): boolean =>
  one.engine === other.engine &&
  (one.host === undefined || other.host === undefined || one.host === other.host);

function collide(one: Exclusive, other: Exclusive): boolean {
  if (one.what !== other.what || one.value !== other.value) return false;
  const [a, b] = [one.address ?? '', other.address ?? ''];
  return a === '' || b === '' || a === b;
}

/**
 * The wall of an environment that has left the registry holds its volumes for good, and no other check would look at it. The
 * way is back through the guard.
 */
async function leftWalls({ stack, registry, environment, command }: StackRun): Promise<Outcome | undefined> {
  const left = await stack.anchor?.left(Object.keys(registry.environments)).catch(() => []);
  const [first] = left ?? [];
  if (!first) return undefined;
  const drop = command('db-drop-wall-env', { ENV: first.environment, FORCE: '1' });
  const back =
    first.environment === environment.name ? `project: '${first.project}'` : `the entry ${first.environment}`;
  return warning(
    some(
      left!.map(
        ({ container, project }) => `container ${container} still holds the volumes of project ${project}`,
      ),
      4,
    ),
    `put ${back} back into env/environments.ts, type ${drop}, and take it out again`,
  );
}

/** A warning only: two environments conflict only while both are up. `ports` reports what is in use now. */
export const neighbours: Check<StackRun> = {
  name: 'neighbours',
  async look(run) {
    const { root, registry, environment, terminal } = run;
    const databaseService = ofAnyTask(run).PG_SERVICE;
    const own = { name: environment.name, databaseService };
    const all = await readResources(root, registry, own, terminal.redactor);
    const found = collisionsOf(environment.name, all);
    if (found.length === 0)
      return (
        (await leftWalls(run)) ?? passed('no other environment of this engine wants the same names and ports')
      );
    const said = found.map(
      ({ what, at, environment: other, there }) => `${what} (${at}) is also that of ${other} (${there})`,
    );
    return warning(
      some(said, 4),
      'give each its own, or write engine: { host: … } for an environment of another machine in env/environments.ts',
    );
  },
};
