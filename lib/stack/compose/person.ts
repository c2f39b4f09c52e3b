import { ConfigurationError, FailedError } from '../../errors.ts';
import type { Environment } from '../../environment/resolve.ts';
import { isTyped, lend, psqlArguments, psqlInput, psqlSettings } from '../postgres/psql.ts';
import type { Stack, StackOptions } from '../stack.ts';
import { refuseUnknown, type ComposeConfig } from './config/config.ts';
import { addressOf } from './connection/connect.ts';
import type { Docker } from './engine/docker.ts';
import type { Engine } from './engine/engine.ts';
import { runIn } from './engine/exec.ts';
import { FIND_SERVER } from './connection/find-server.ts';
import type { DatabaseSettings } from './connection/login.ts';
import { isOnHost } from './migrations/migrations.ts';

/** Without a terminal: the password is the first line of the input. */
const BY_INPUT = 'IFS= read -r PGPASSWORD || exit';
/** With a terminal, the input is the person's: the password is in a file, which is removed before psql starts. */
const BY_FILE = 'IFS= read -r PGPASSWORD <"$1"; rm -f "$1"; shift';
/** Makes that file: in memory (/dev/shm), if the container has it. */
const LEAVE = 'umask 077; f=$(mktemp -p /dev/shm 2>/dev/null || mktemp) && cat >"$f" && printf %s "$f"';

const psqlScript = (password: string): string => `
  ${FIND_SERVER}
  ${password}
  export PGPASSWORD PGAPPNAME=psql PGOPTIONS="$PGOPTIONS $1"
  find_server "$2" "$3"
  exec psql -h "$host" -p "$port" "\${@:4}"
`;

const SHELL = 'if command -v bash >/dev/null; then exec bash; else exec sh; fi';

interface About {
  readonly environment: Environment;
  readonly engine: Engine;
  readonly docker: Docker;
  readonly config: ComposeConfig;
  readonly settings: DatabaseSettings;
  readonly databaseService: string;
}

/** The interactive programs: psql in the server's container, a shell in the application's. */
export function forPerson(
  { environment, engine, docker, config, settings, databaseService }: About,
  options: Pick<StackOptions, 'actor'>,
  containerOf: (service: string) => Promise<string>,
): Pick<Stack, 'psql' | 'shell'> {
  const { name, user, password, port } = settings;

  async function leavePassword(container: string): Promise<string> {
    const { status, stdout, stderr } = await runIn(engine, container, ['sh', '-c', LEAVE], {
      input: `${password}\n`,
    });
    if (status !== 0) throw new FailedError(`psql cannot be given its password: ${stderr.trim()}`);
    return stdout;
  }

  return {
    async psql(asked) {
      const container = await containerOf(databaseService);
      const from = await addressOf(engine, container, settings);
      const place = [psqlSettings(asked), from, String(port ?? ''), '-U', user, '-d', name];
      const words = [...place, ...psqlArguments(asked)];
      if (!isTyped(asked.sql)) {
        const script = ['bash', '-c', psqlScript(BY_INPUT), 'psql', ...words];
        return lend(docker('exec', '-i', container, ...script), options, {
          input: psqlInput(asked.sql, `${password}\n`),
        });
      }
      const file = options.actor.dryRun ? '<file>' : await leavePassword(container);
      const script = ['bash', '-c', psqlScript(BY_FILE), 'psql', file, ...words];
      return lend(docker('exec', '-it', container, ...script), options, {});
    },

    async shell(command, service) {
      const chosen = service ?? environment.names.application.service;
      if (service !== undefined) refuseUnknown(service, config, environment);
      else if (isOnHost(environment, config) || !Object.hasOwn(config.services, chosen)) {
        throw new ConfigurationError(`${environment.name} has no service that is known as the application`, {
          hint: `S=<service>; there are: ${Object.keys(config.services).join(', ')}`,
        });
      }
      const container = await containerOf(chosen);
      // Without a terminal, a program may still read piped input.
      const flags = process.stdin.isTTY && process.stdout.isTTY ? '-it' : '-i';
      return lend(docker('exec', flags, container, 'sh', '-c', command ?? SHELL), options, {});
    },
  };
}
