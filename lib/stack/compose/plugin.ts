import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from '../../display.ts';

/** Where docker looks for its plugins, in its order. https://docs.docker.com/compose/install/linux/ */
const SYSTEM_FOLDERS = ['/usr/local/lib', '/usr/local/libexec', '/usr/lib', '/usr/libexec'];

/**
 * A `docker compose` command that asks no engine, as a command of the plugin itself: docker takes as long to find it as
 * it takes to do the work. The same command where docker may look elsewhere.
 */
export function withoutDocker(command: Command): Command {
  const plugin = findPlugin(process.env['DOCKER_CONFIG'] || join(homedir(), '.docker'));
  return plugin === undefined
    ? command
    : { file: plugin, args: command.args.slice(command.args.indexOf('compose') + 1) };
}

/** @param settings docker's own folder */
export function findPlugin(settings: string, system: readonly string[] = SYSTEM_FOLDERS): string | undefined {
  const file = join(settings, 'config.json');
  if (existsSync(file) && readFileSync(file, 'utf8').includes('cliPluginsExtraDirs')) return undefined;
  return [settings, ...system.map((folder) => join(folder, 'docker'))]
    .map((folder) => join(folder, 'cli-plugins', 'docker-compose'))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
