import { passed, some, warning, type Check } from '../output/check-result.ts';
import { readFootprints } from '../stack/footprint.ts';
import type { Exclusive, Footprint } from '../stack/claims.ts';
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
export function collisionsOf(name: string, footprints: readonly Footprint[]): Collision[] {
  const own = footprints.find(({ environment }) => environment === name)!;
  return footprints
    .filter((other) => other !== own && mayShareEngine(own, other))
    .flatMap((other) => {
      const exclusive = (own.exclusive ?? []).flatMap((claim) =>
        (other.exclusive ?? [])
          .filter((theirs) => collide(claim, theirs))
          .map((theirs) => ({ what: `${claim.what} ${claim.value}`, at: claim.at, there: theirs.at })),
      );
      const volumes = own.volumes.flatMap((claim) =>
        other.volumes
          .filter(({ value }) => value === claim.value)
          .map((theirs) => ({ what: `volume ${claim.value}`, at: claim.at, there: theirs.at })),
      );
      return [...exclusive, ...volumes].map((one) => ({ ...one, environment: other.environment }));
    });
}

const mayShareEngine = (one: Footprint, other: Footprint): boolean =>
  one.engine === other.engine &&
  (one.host === undefined || other.host === undefined || one.host === other.host);

function collide(one: Exclusive, other: Exclusive): boolean {
  if (one.what !== other.what || one.value !== other.value) return false;
  const [a, b] = [one.address ?? '', other.address ?? ''];
  return a === '' || b === '' || a === b;
}

/** A warning only: two environments conflict only while both are up. `ports` reports what is in use now. */
export const neighbours: Check<StackRun> = {
  name: 'neighbours',
  async look(run) {
    const { root, registry, environment, terminal } = run;
    const databaseService = ofAnyTask(run).PG_SERVICE;
    const own = { name: environment.name, databaseService };
    const footprints = await readFootprints(root, registry, own, terminal.redactor);
    const found = collisionsOf(environment.name, footprints);
    if (found.length === 0)
      return passed('no other environment of this engine wants the same names and ports');
    const said = found.map(
      ({ what, at, environment: other, there }) => `${what} (${at}) is also that of ${other} (${there})`,
    );
    return warning(
      some(said, 4),
      'give each its own, or write engine: { host: … } for an environment of another machine in env/environments.ts',
    );
  },
};
