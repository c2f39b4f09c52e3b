import { createHash } from 'node:crypto';

/** A container of the project, whatever service, profile or command it was made for. */
export interface PlannedContainer {
  readonly id: string;
  readonly name: string;
  /** Its compose service; empty where none is on its label. */
  readonly service: string;
  readonly state: string;
}

export interface PlannedVolume {
  readonly name: string;
  /** For the screen: `the database's storage`, `anonymous`. */
  readonly note: string;
  /** The folder in which the engine keeps it, on its own host. */
  readonly folder?: string;
}

/** A folder that is emptied; it stays itself. */
interface PlannedFolder {
  readonly path: string;
  readonly note: string;
}

interface PlannedNetwork {
  readonly id: string;
  readonly name: string;
}

/** Something that `down -v` might take, or that a person may take for ours, and that stays. */
export interface Kept {
  readonly what: string;
  readonly why: string;
}

/** Why it cannot be removed as it stands, and what to do. */
export interface Obstacle {
  readonly reason: string;
  readonly remedy: string;
}

/**
 * All that a destructive task removes of an environment, by identity. It is made once, from what the engine, the server and
 * the resolved configuration say; the screen shows it, the second look compares it, and the action removes what is in it
 * and nothing else. Of each list the database's storage comes first.
 */
export interface Plan {
  readonly volumes: readonly PlannedVolume[];
  readonly folders: readonly PlannedFolder[];
  readonly containers: readonly PlannedContainer[];
  readonly networks: readonly PlannedNetwork[];
  readonly stays: readonly Kept[];
  readonly obstacles: readonly Obstacle[];
}

/** Of a task that leaves containers and storage alone. */
export const NOTHING: Plan = {
  ...{ volumes: [], folders: [], containers: [], networks: [], stays: [], obstacles: [] },
};

/** What makes each thing of a plan the one that it is, by the word of the screen. A container's state is not part of it. */
export function identityOfPlan(plan: Plan): Record<string, string> {
  const lines: [string, readonly string[]][] = [
    // An engine gives a volume nothing else that would stay: its time of creation is that of the last write in it.
    ['volumes', plan.volumes.map(({ name }) => name)],
    ['folders', plan.folders.map(({ path }) => path)],
    ['containers', plan.containers.map(({ name, id }) => `${name} (${id.slice(0, 12)})`)],
    ['networks', plan.networks.map(({ name, id }) => `${name} (${id.slice(0, 12)})`)],
    ['what stays', plan.stays.map(({ what }) => what)],
  ];
  return Object.fromEntries(lines.map(([word, all]) => [word, all.toSorted().join(', ') || 'none']));
}

/** The plan in twelve characters, for the journal and for whoever compares two of them. */
export const planHash = (plan: Plan): string =>
  createHash('sha256')
    .update(JSON.stringify(identityOfPlan(plan)))
    .digest('hex')
    .slice(0, 12);
