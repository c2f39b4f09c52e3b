import { failed, skipped, passed, warning, type Outcome } from '../../../output/check-result.ts';
import { engineEndpoint } from '../engine/endpoint.ts';
import { hasName, whereIs, whyLost, type Endangered, type Situation } from './decide.ts';
import { readLastSeen } from './last-seen.ts';
import { holdsData } from './look-inside.ts';
import { lossOf, placeOf, type Place } from './place.ts';
import type { About } from './situation.ts';
import { plan, type DatabaseContainer, type PlannedService } from './survey.ts';

/**
 * The check result for a project without a container with data. It uses the configuration, and the record.
 *
 * @param record the file that records where the data was last seen, see last-seen.ts
 */
export async function lookWithout(
  situation: Situation,
  { environment, engine, databaseService }: About,
  record: string,
  remedy: (situation: Situation, lost: Endangered) => string[],
): Promise<Outcome> {
  const { project } = environment;
  const service = situation.services.get(databaseService);
  if (!service || service.imageId === undefined)
    return skipped('there is no container yet, and the engine does not have its image');
  const seen = await readLastSeen(record, await engineEndpoint(environment.entry));
  const loss = seen && lossOf(seen.container, plan(service, seen.container, 'anew'));
  if (
    loss &&
    (await holdsData(
      engine,
      placeOf(seen.container.data.real, seen.container.mounts),
      service.imageId,
      project,
    )) !== false
  ) {
    const lost = { container: seen.container, loss };
    return failed(whyLost(lost), remedy(situation, lost).join('; '));
  }
  const { container, place } = nextContainer(service, databaseService);
  if (hasName(place)) return passed(`${whereIs(place)}, once it is up`);
  const loss2 = {
    kind: 'moved',
    what: 'the data',
    path: service.directory,
    from: place,
    to: place,
  } as const;
  const [, write] = remedy(situation, { container, loss: loss2 });
  return warning(`${service.directory} would be in ${whereIs(place)}: it would not survive down`, write!);
}

/** The container that the next `up` creates, as if it had data already, and the place of that data. */
function nextContainer(
  service: PlannedService,
  databaseService: string,
): { readonly container: DatabaseContainer; readonly place: Place } {
  const { directory, imageId = '' } = service;
  const container: DatabaseContainer = {
    ...{ id: '', name: 'the next container', service: databaseService, running: false, mounts: [] },
    ...{ configured: directory, image: '', imageId, hash: undefined },
    data: { state: 'there', directory, real: directory, links: [], elsewhere: [] },
  };
  return { container, place: placeOf(directory, plan(service, container, 'anew').mounts) };
}

/** Whether a start now finds existing data: in the present container, or where the next one looks. */
export async function findsData(
  { containers, services }: Situation,
  { environment, engine, databaseService }: About,
): Promise<boolean> {
  if (containers.some(({ service, data }) => service === databaseService && data.state !== 'none'))
    return true;
  const service = services.get(databaseService);
  if (service?.imageId === undefined) return false;
  const { place } = nextContainer(service, databaseService);
  return (await holdsData(engine, place, service.imageId, environment.project)) !== false;
}
