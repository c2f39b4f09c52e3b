import type { EnvironmentEntry } from '../../../environment/entry.ts';
import { runOrThrow } from './docker.ts';
import { knownEndpoint } from './socket.ts';

type Entry = Pick<EnvironmentEntry, 'engine'>;

/** Where the engine listens that docker would choose: `unix:///var/run/docker.sock`. */
export async function engineEndpoint(entry: Entry): Promise<string> {
  const known = knownEndpoint(entry);
  if (known !== undefined) return known;
  const context = entry.engine?.context;
  const args = ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'];
  const command = { file: 'docker', args: context === undefined ? args : [...args, context] };
  return (await runOrThrow(command)).stdout.trim();
}
