import { FailedError } from '../../../errors.ts';
import { PROJECT_LABEL, SERVICE_LABEL } from '../containers/containers.ts';
import type { ListedContainer } from '../containers/container.ts';
import { runOrThrow } from '../engine/docker.ts';
import { engineEndpoint } from '../engine/endpoint.ts';
import { askOrThrow } from '../engine/engine.ts';
import { whereIs, type Situation } from './decide.ts';
import { readLastSeen } from './last-seen.ts';
import { holdsData } from './look-inside.ts';
import { lossOf, placeOf } from './place.ts';
import type { About } from './situation.ts';
import { plan, type Surveyed } from './survey.ts';

/** The checks after `down` and `stop`, for their [ok]. */
interface Confirming {
  /** Stops what compose leaves running. @returns sentences about it */
  readonly stopOthers: () => Promise<string[]>;
  /** @throws FailedError when the data is not where it was */
  readonly confirmKept: (situation: Situation & Surveyed) => Promise<string>;
  /** @throws FailedError when one of the containers is gone */
  readonly confirmStopped: (situation: Situation & Surveyed) => Promise<string>;
}

/** @param record the file that records where the data was last seen, see last-seen.ts */
export function confirming(
  { environment, engine, docker, databaseService }: About,
  record: string,
): Confirming {
  const { project, name: env } = environment;
  const { ask } = engine;

  /** Stops containers that compose leaves running: of services behind a profile, or of another compose file. */
  async function stopOthers(): Promise<string[]> {
    const running = (await containersOf(project)).filter(
      ({ State }) => State === 'running' || State === 'restarting',
    );
    if (running.length === 0) return [];
    const names = running.map(
      ({ Names, Labels }) =>
        `${Names.join(',').replace(/^\//, '')} (${Labels?.[SERVICE_LABEL] ?? 'no service'})`,
    );
    await runOrThrow(docker('stop', ...running.map(({ Id }) => Id)));
    const still = (await containersOf(project)).filter(({ State }) => State === 'running');
    if (still.length > 0)
      throw new FailedError(
        `${env} is not stopped: ${still.map(({ Names }) => Names.join(',')).join(', ')} runs`,
      );
    return [`stopped and kept, because compose leaves it: ${names.join(', ')}`];
  }

  const containersOf = (of: string): Promise<ListedContainer[]> =>
    askOrThrow<ListedContainer[]>(ask, '/containers/json', {
      all: true,
      filters: { label: [`${PROJECT_LABEL}=${of}`] },
    });

  /** Checks, after its container is removed, that the data is where it was. @throws FailedError when it is not */
  async function confirmKept(situation: Situation & Surveyed): Promise<string> {
    const withData = situation.containers.filter(({ data }) => data.state === 'there');
    if (withData.length === 0) return foundWithout(situation);
    const places = withData.map(async ({ data, mounts, imageId }) => {
      const place = placeOf(data.real, mounts);
      const there = await holdsData(engine, place, imageId, project);
      if (there === undefined) return `${whereIs(place)}, as it was before: nobody could look`;
      if (!there)
        throw new FailedError(`${env} is stopped, and its data was not found in ${whereIs(place)}`, {
          hint: 'look for it before anything else is started',
        });
      return whereIs(place);
    });
    return `its data stays in ${[...new Set(await Promise.all(places))].join(' and in ')}`;
  }

  /** The same if there was no container, or none with data. */
  async function foundWithout(situation: Situation & Surveyed): Promise<string> {
    const service = situation.services.get(databaseService);
    const seen = await readLastSeen(record, await engineEndpoint(environment.entry));
    if (!seen) return 'there was no container with data, and nothing is known of data elsewhere';
    const { container } = seen;
    const place = placeOf(container.data.real, container.mounts);
    const there = await holdsData(engine, place, service?.imageId, project);
    if (there === undefined) return `its data was last in ${whereIs(place)}, and nobody could look there`;
    if (!there) return `its data was last in ${whereIs(place)}, and is not there`;
    const loss = service && lossOf(container, plan(service, container, 'anew'));
    return loss
      ? `its data is in ${whereIs(place)}, and the next up would not look there`
      : `its data stays in ${whereIs(place)}`;
  }

  /** @throws FailedError when one of the containers is gone */
  async function confirmStopped({ containers }: Situation & Surveyed): Promise<string> {
    const listed = new Set((await containersOf(project)).map(({ Id }) => Id));
    const gone = containers.filter(({ id }) => !listed.has(id));
    if (gone.length > 0)
      throw new FailedError(`${gone.map(({ name }) => name).join(', ')} is not there any more`);
    return 'its containers are kept, and the data with them';
  }

  return { stopOthers, confirmKept, confirmStopped };
}
