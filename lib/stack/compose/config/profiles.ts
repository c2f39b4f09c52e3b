import type { Environment } from '../../../environment/resolve.ts';
import { ConfigurationError } from '../../../errors.ts';
import { composeCommand, composeFile, inProject, type ComposeConfig } from './config.ts';
import { runOrThrow } from '../engine/docker.ts';
import { runCompose } from '../engine/plugin.ts';

/** @throws ConfigurationError if the environment does not have the profile of a service, with the line to write */
export async function refuseBehindProfile(
  service: string,
  { services }: ComposeConfig,
  environment: Environment,
): Promise<void> {
  if (Object.hasOwn(services, service)) return;
  const command = composeCommand(environment, '--profile', '*', 'config', '--format', 'json');
  const { stdout } = await runOrThrow(command, inProject(environment), runCompose);
  const all = (JSON.parse(stdout) as { services: Record<string, { profiles?: string[] }> }).services;
  const profiles = Object.hasOwn(all, service) ? all[service]!.profiles : undefined;
  if (profiles === undefined) return;
  throw new ConfigurationError(
    `${composeFile(environment)}: service ${service} is behind the profile ${profiles.join(' or ')}, which is not one of ${environment.name}`,
    { hint: `write in env/environments.ts, for ${environment.name}: profiles: ['${profiles[0]}']` },
  );
}
