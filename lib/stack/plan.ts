import { createHash } from 'node:crypto';

/** A container of the project, for any service, profile or one-off command. */
export interface PlannedContainer {
  readonly id: string;
  readonly name: string;
  /** Its compose service; empty if it has no such label. */
  readonly service: string;
  readonly state: string;
}

export interface PlannedVolume {
  readonly name: string;
  /** Shown on the screen: `the database's storage`, `anonymous`. */
  readonly note: string;
  /** The folder in which the engine keeps it, on its own host. */
  readonly folder?: string;
}

/** A folder whose content is removed; the folder itself stays. */
interface PlannedFolder {
  readonly path: string;
  readonly note: string;
}

interface PlannedNetwork {
  readonly id: string;
  readonly name: string;
}

/** Something that stays, although `down -v` might remove it, or a person may think that it is ours. */
export interface Kept {
  readonly what: string;
  readonly why: string;
}

/** Why the plan cannot be carried out now, and what to do about it. */
export interface Obstacle {
  readonly reason: string;
  readonly remedy: string;
}

/**
 * Everything that a destructive task removes from an environment, by identity. It is made from what the engine, the
 * server and the resolved configuration say. The screen shows it; before the action a second plan is made and compared;
 * the action removes what is in it and nothing else. In each list the database's storage comes first.
 */
export interface Plan {
  readonly volumes: readonly PlannedVolume[];
  readonly folders: readonly PlannedFolder[];
  readonly containers: readonly PlannedContainer[];
  readonly networks: readonly PlannedNetwork[];
  readonly stays: readonly Kept[];
  readonly obstacles: readonly Obstacle[];
}

/** The plan of a task that removes no container and no storage. */
export const NOTHING: Plan = {
  ...{ volumes: [], folders: [], containers: [], networks: [], stays: [], obstacles: [] },
};

/** The identity of everything in a plan, by its label on the screen. It does not include a container's state. */
export function identityOfPlan(plan: Plan): Record<string, string> {
  const lines: [string, readonly string[]][] = [
    // A volume has no stable identity but its name: the engine reports the time of the last write as its creation time.
    ['volumes', plan.volumes.map(({ name }) => name)],
    ['folders', plan.folders.map(({ path }) => path)],
    ['containers', plan.containers.map(({ name, id }) => `${name} (${id.slice(0, 12)})`)],
    ['networks', plan.networks.map(({ name, id }) => `${name} (${id.slice(0, 12)})`)],
    ['what stays', plan.stays.map(({ what }) => what)],
  ];
  return Object.fromEntries(lines.map(([word, all]) => [word, all.toSorted().join(', ') || 'none']));
}

/** A hash of the plan in twelve characters, for the journal and to compare two plans. */
export const planHash = (plan: Plan): string =>
  createHash('sha256')
    .update(JSON.stringify(identityOfPlan(plan)))
    .digest('hex')
    .slice(0, 12);
