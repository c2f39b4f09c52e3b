import { failed, notLookedAt, passed, warning, type Outcome } from '../../../findings/finding.ts';
import { engineEndpoint } from '../endpoint.ts';
import { hasName, whereIs, whyLost, type Endangered, type Situation } from './decide.ts';
import { readLastSeen } from './last-seen.ts';
import { holdsData } from './look-inside.ts';
import { lossOf, placeOf } from './place.ts';
import type { About } from './situation.ts';
import { plan, type DatabaseContainer } from './survey.ts';

/**
 * The check of a project without a container with data: by the configuration alone, and what was seen before.
 *
 * @param record the file in which it is kept where the data was last
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
    return notLookedAt('there is no container yet, and the engine does not have its image');
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
  const container: DatabaseContainer = {
    ...{ id: '', name: 'the next container', service: databaseService, running: false, mounts: [] },
    ...{ configured: service.directory, image: '', imageId: service.imageId, hash: undefined },
    data: {
      state: 'there',
      directory: service.directory,
      real: service.directory,
      links: [],
      elsewhere: [],
    },
  };
  const { mounts } = plan(service, container, 'anew');
  const place = placeOf(service.directory, mounts);
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
