import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor } from '../../../output/actor.ts';
import { display } from '../../../output/display.ts';
import type { Command } from '../../../system/command.ts';
import { FailedError } from '../../../errors.ts';
import { printable } from '../../../output/printable.ts';
import { run } from '../../../system/process.ts';
import type { Terminal } from '../../../output/terminal.ts';
import type { PlannedContainer } from '../../plan.ts';
import type { Storage } from '../../stack.ts';
import type { ComposeConfig } from '../config/config.ts';
import { endSessionsOn } from '../connection/connections.ts';
import { PROJECT_LABEL, findVolume, nameOf } from '../containers/containers.ts';
import type { ListedContainer } from '../containers/container.ts';
import { dockerError, type Docker } from '../engine/docker.ts';
import { askOrThrow, type Engine } from '../engine/engine.ts';
import type { ComposePlan } from './gather.ts';
import { findAnchors } from '../storage/anchor.ts';
import { emptying, lookInto, type Place } from '../storage/folder.ts';
import { HELPER_LABEL, MissingFolderError, helperContainer, runHelper } from '../storage/helper.ts';

/** Milliseconds for our own sessions to end. After that, we stop the server anyway. */
const ENDED_MS = 500;

/** What removing needs. */
interface Tools {
  readonly engine: Engine;
  readonly docker: Docker;
  readonly config: ComposeConfig;
  readonly project: string;
  readonly databaseService: string;
  readonly actor: Actor;
  readonly terminal: Terminal;
}

/**
 * Removes what is in the plan, by ID or name, and checks that it is gone. It does not use `docker compose down`, which
 * would read the project's labels and files again, and also remove what was created since.
 *
 * @throws FailedError naming what is left
 */
export async function destroyPlan(plan: ComposePlan, storage: Storage, tools: Tools): Promise<void> {
  const { docker, actor, terminal } = tools;
  const remove = async (words: string[], what: string): Promise<void> => {
    const command = docker(...words);
    await actor.act(display(command), async () => {
      terminal.progress(what);
      await runTolerant(command);
    });
  };
  for (const wave of stopOrder(plan.containers, tools.config)) {
    const servers = wave.filter(({ service }) => service === tools.databaseService);
    if (!actor.dryRun)
      await Promise.race([Promise.all(servers.map(({ id }) => endSessionsOn(id))), sleep(ENDED_MS)]);
    await remove(
      ['stop', ...wave.map(({ id }) => id)],
      `stopping ${wave.map(({ name }) => name).join(', ')} …`,
    );
  }
  // Without --volumes: the plan names the anonymous volumes to remove.
  if (plan.containers.length > 0)
    await remove(['rm', ...plan.containers.map(({ id }) => id)], 'removing the containers …');
  if (plan.networks.length > 0)
    await remove(['network', 'rm', ...plan.networks.map(({ id }) => id)], 'removing the networks …');
  if (storage.kind === 'bind') await empty(plan, tools);
  if (!actor.dryRun) await removeStaleHelpers(plan, tools);
  const anchors = plan.volumes.length > 0 ? await findAnchors(tools.engine.ask, tools.project) : [];
  if (anchors.length > 0)
    await remove(
      ['rm', '--force', '--volumes', ...anchors.map(({ Id }) => Id)],
      'letting go of the volumes …',
    );
  if (plan.volumes.length > 0)
    await remove(['volume', 'rm', ...plan.volumes.map(({ name }) => name)], 'removing the volumes …');
  await actor.act(`# look whether all of it is gone from project ${tools.project}`, async () => {
    terminal.clear();
    await confirmGone(plan, storage, tools);
  });
}

/** Removes helpers that a killed run created and never started: they would keep a volume in use forever. */
async function removeStaleHelpers({ volumes }: ComposePlan, { engine, docker }: Tools): Promise<void> {
  const helpers = await askOrThrow<ListedContainer[]>(engine.ask, '/containers/json', {
    ...{ all: true, filters: { label: [HELPER_LABEL] } },
  });
  const held = helpers.filter(({ Mounts }) =>
    Mounts.some(({ Name }) => volumes.some(({ name }) => name === Name)),
  );
  const stale = held.filter(({ State }) => State !== 'running').map(({ Id }) => Id);
  if (stale.length > 0) await runTolerant(docker('rm', '--force', '--volumes', ...stale));
}

/** The folder in the plan. Links that the plan has resolved may lead elsewhere now: that does not matter. */
const folderOf = (plan: ComposePlan): Place => ({ source: plan.folders[0]!.path, data: '' });

async function empty(plan: ComposePlan, { actor, terminal, engine, docker }: Tools): Promise<void> {
  const place = folderOf(plan);
  const helper = emptying(place, plan.image);
  const shown = `# in a container of its own: POST /containers/create ${printable(JSON.stringify(helperContainer(helper)))}`;
  await actor.act(shown, async () => {
    terminal.progress(`emptying ${printable(place.source)} …`);
    try {
      const { status, stderr } = await runHelper(engine, docker, helper);
      if (status !== 0) throw new FailedError(`${printable(place.source)}: ${stderr.trim()}`);
    } catch (error) {
      // The folder does not exist. `confirmGone` will check that.
      if (!(error instanceof MissingFolderError)) throw error;
    }
  });
}

/** Docker's messages about something that is already gone. */
const GONE =
  /No such (container|volume|network)|network \S+ not found|no such volume|removal of container \S+ is already in progress/i;

async function runTolerant(command: Command): Promise<void> {
  const result = await run(command);
  const complaints = result.stderr.split('\n').filter((line) => line.trim() !== '' && !GONE.test(line));
  if (result.status !== 0 && complaints.length > 0) {
    throw dockerError(command, { ...result, stderr: complaints.join('\n') });
  }
}

/**
 * The order in which containers stop, like compose: a service stops after all services that depend on it. Containers of
 * no configured service stop first. Services that depend on each other in a circle stop together. Pure.
 */
export function stopOrder(
  containers: readonly PlannedContainer[],
  { services }: Pick<ComposeConfig, 'services'>,
): PlannedContainer[][] {
  const waves: PlannedContainer[][] = [];
  const needs = (one: string): string[] =>
    Object.hasOwn(services, one) ? Object.keys(services[one]!.depends_on ?? {}) : [];
  let left = [...containers];
  while (left.length > 0) {
    const needed = new Set(left.flatMap(({ service }) => needs(service).filter((name) => name !== service)));
    const free = left.filter(({ service }) => !needed.has(service));
    const wave = free.length > 0 ? free : left;
    waves.push(wave);
    left = left.filter((one) => !wave.includes(one));
  }
  return waves;
}

/** Checks that everything in the plan is gone, and the folder empty. @throws FailedError naming what is left */
async function confirmGone(
  plan: ComposePlan,
  storage: Storage,
  { engine, docker, project, terminal }: Tools,
): Promise<void> {
  const { ask } = engine;
  const [containers, networks, volumes] = await Promise.all([
    askOrThrow<ListedContainer[]>(ask, '/containers/json', { all: true }),
    askOrThrow<{ Id: string }[]>(ask, '/networks'),
    Promise.all(plan.volumes.map(async ({ name }) => ((await findVolume(ask, name)) ? [name] : []))),
  ]);
  const left = [
    ...plan.containers
      .filter(({ id }) => containers.some(({ Id }) => Id === id))
      .map(({ name }) => `container ${name}`),
    ...plan.networks
      .filter(({ id }) => networks.some(({ Id }) => Id === id))
      .map(({ name }) => `network ${name}`),
    ...volumes.flat().map((name) => `volume ${name}`),
  ];
  if (storage.kind === 'bind') {
    const holds = await lookInto(engine, docker, folderOf(plan), plan.image);
    if (holds !== 'empty' && holds !== 'absent')
      left.push(`${holds === 'unread' ? 'what cannot be read' : 'files'} in ${plan.folders[0]!.path}`);
  }
  if (left.length > 0) {
    throw new FailedError(`not everything was removed; left: ${printable(left.join(', '))}`, {
      hint: 'see who uses it: docker ps --all --filter volume=<volume>, then type this again',
    });
  }
  // These were not on the screen, so they stay; but the person should know.
  const come = containers.filter(({ Labels }) => Labels?.[PROJECT_LABEL] === project).map(nameOf);
  if (come.length > 0) terminal.warn(`started meanwhile, and left alone: ${come.join(', ')}`);
}
