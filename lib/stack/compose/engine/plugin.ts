import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from '../../../system/command.ts';
import { run, type Result, type RunOptions } from '../../../system/process.ts';
import { readTextIfThere } from '../../../system/read-bounded.ts';

/** Where docker looks for its plugins, in this order. https://docs.docker.com/compose/install/linux/ */
const SYSTEM_FOLDERS = ['/usr/local/lib', '/usr/local/libexec', '/usr/lib', '/usr/libexec'];

/**
 * Runs a `docker compose` command with the plugin itself: docker takes as long to find the plugin as the plugin takes
 * to do its work. Runs it with docker if docker may find the plugin elsewhere, or if a context is pinned.
 *
 * @param asksEngine false: the command does not use the engine, so a pinned context does not matter
 */
export function runCompose(command: Command, options: RunOptions = {}, asksEngine = true): Promise<Result> {
  // The position of the word `compose`: after `--context <name>`, if it is there. A context may have any name.
  const at = command.args[0] === '--context' ? 2 : 0;
  const { attention, ...silent } = command;
  const asking = attention && asksEngine ? { ...silent, attention } : silent;
  const plugin =
    at > 0 && asksEngine ? undefined : findPlugin(process.env['DOCKER_CONFIG'] || join(homedir(), '.docker'));
  if (plugin === undefined) return run(asking, options);
  return run({ ...asking, file: plugin, args: command.args.slice(at + 1) }, options);
}

/**
 * Finds the compose plugin where docker would.
 *
 * @param settings docker's configuration folder
 * @returns undefined if there is none, or docker may find another one (`cliPluginsExtraDirs`)
 */
export function findPlugin(settings: string, system: readonly string[] = SYSTEM_FOLDERS): string | undefined {
  const file = join(settings, 'config.json');
  if (readTextIfThere(file)?.includes('cliPluginsExtraDirs')) return undefined;
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
