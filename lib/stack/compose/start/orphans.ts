import { posix } from 'node:path';
import type { Actor } from '../../../output/actor.ts';
import { display } from '../../../output/display.ts';
import type { Command } from '../../../system/command.ts';
import type { Environment } from '../../../environment/resolve.ts';
import { RefusedError } from '../../../errors.ts';
import type { Terminal } from '../../../output/terminal.ts';
import { composeCommand, composeFile, inProject, type ComposeConfig } from '../config/config.ts';
import { SERVICE_LABEL, listContainers, nameOf } from '../containers/containers.ts';
import type { ListedContainer } from '../containers/container.ts';
import { runOrThrow, type Docker } from '../engine/docker.ts';
import type { AskEngine } from '../engine/engine.ts';
import { runCompose } from '../engine/plugin.ts';

interface About {
  readonly environment: Environment;
  readonly ask: AskEngine;
  readonly docker: Docker;
  readonly config: ComposeConfig;
  readonly actor: Actor;
  readonly terminal: Terminal;
}

/**
 * Removes or keeps containers of the project whose service is in no compose file, and names them. Compose would remove
 * them without naming them.
 *
 * @param wish undefined: the person has not said; then they are removed, but kept on a protected environment
 * @throws RefusedError when a container to keep uses the same storage as a service: two servers would destroy it
 */
export async function settleOrphans(about: About, wish: 'keep' | 'remove' | undefined): Promise<void> {
  const { environment, docker, config, actor, terminal } = about;
  const orphans = await findOrphans(about);
  if (orphans.length === 0) return;
  const names = orphans.map(describeOrphan).join(', ');
  const why = `in no service of ${composeFile(environment)}`;
  if (wish === 'remove' || (wish === undefined && !environment.entry.protected)) {
    terminal.info(`removed, because ${why}: ${names}`);
    for (const word of ['stop', 'rm']) {
      const command: Command = docker(word, ...orphans.map(({ Id }) => Id));
      await actor.act(display(command), () => runOrThrow(command));
    }
    return;
  }
  const remove = `make up ENV=${environment.name} ORPHANS=remove`;
  const sharing = orphans.find(({ Mounts }) => sharesStorage(Mounts, config));
  if (sharing)
    throw new RefusedError(
      `refused; nothing was touched\n${describeOrphan(sharing)} is ${why}, and uses the same storage as one that would be started`,
      { hint: `look at what it is; to remove it (its data in volumes stays): ${remove}` },
    );
  terminal.warn(`kept, though ${why}: ${names}; to remove: ${remove}`);
}

const describeOrphan = (one: ListedContainer): string =>
  `${nameOf(one)} (service ${one.Labels?.[SERVICE_LABEL] ?? ''})`;

/** A service behind a profile that is not chosen is in the file: its containers are not orphans. */
async function findOrphans({ environment, ask, config }: About): Promise<ListedContainer[]> {
  const unknown = (await listContainers(ask, environment.project)).filter(
    ({ Labels }) => !Object.hasOwn(config.services, Labels?.[SERVICE_LABEL] ?? ''),
  );
  if (unknown.length === 0) return [];
  const { stdout } = await runOrThrow(
    composeCommand(environment, '--profile', '*', 'config', '--services'),
    inProject(environment),
    runCompose,
  );
  const all = new Set(stdout.split('\n'));
  return unknown.filter(({ Labels }) => !all.has(Labels?.[SERVICE_LABEL] ?? ''));
}

/** Whether a container mounts a volume or folder that a configured service mounts too. Pure. */
export function sharesStorage(mounts: ListedContainer['Mounts'], config: ComposeConfig): boolean {
  const used = new Set(
    Object.values(config.services).flatMap(({ volumes = [] }) =>
      volumes.flatMap(({ type, source }) => {
        if (source === undefined) return [];
        return type === 'volume' ? (config.volumes?.[source]?.name ?? source) : posix.normalize(source);
      }),
    ),
  );
  return mounts.some(({ Type, Name, Source }) => {
    const source = Type === 'volume' ? Name : Source;
    return source !== undefined && used.has(source);
  });
}
