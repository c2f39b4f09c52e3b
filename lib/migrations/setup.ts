import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError, UnreachableError } from '../errors.ts';
import { run as runCommand, type Result } from '../system/process.ts';
import { findAlembic, pythonsOnPath } from '../stack/alembic/find-alembic.ts';
import type { Run } from '../run/run.ts';

/** `setup`: installs what the stack without containers needs and npm does not install. */
export async function setup(run: Run): Promise<void> {
  await installAlembic(run);
  run.terminal.next(run.command('demo'));
}

/** The packages that migrations need. psycopg[binary] contains libpq. */
const PACKAGES = ['alembic', 'psycopg[binary]'];

/**
 * Installs Alembic if there is none: with pip into `.venv`, or with apt-get if pip fails.
 *
 * @throws ConfigurationError with the reasons, and what to install
 */
export async function installAlembic({ root, terminal }: Run): Promise<void> {
  const found = await findAlembic(root, undefined);
  if (found) return terminal.ok(`Alembic: ${found.file} ${found.args.join(' ')}`);
  const failures: string[] = [];
  for (const attempt of [withPip, withApt]) {
    const failure = await attempt(root, terminal.info).catch(notInstalled);
    const alembic = await findAlembic(root, undefined);
    if (alembic) return terminal.ok(`Alembic: ${alembic.file} ${alembic.args.join(' ')}`);
    if (failure !== undefined) failures.push(failure);
  }
  throw new ConfigurationError(`there is no Alembic, and it could not be installed\n${failures.join('\n')}`, {
    hint: `install the Python packages ${PACKAGES.join(' and ')}, or name an alembic with ALEMBIC=<file>`,
  });
}

/** A missing installer is one more reason in the message, and the next one is tried. */
function notInstalled(error: unknown): string {
  if (error instanceof UnreachableError) return error.message;
  throw error;
}

type Attempt = (root: string, say: (line: string) => void) => Promise<string | undefined>;

const withPip: Attempt = async (root, say) => {
  const python = pythonsOnPath().find((file) => existsSync(file));
  if (python === undefined) return 'pip: no python3 on PATH';
  const venv = join(root, '.venv');
  say(`making .venv with ${PACKAGES.join(' and ')} (pip)`);
  const made = await runCommand({ file: python, args: ['-m', 'venv', venv] });
  if (made.status !== 0) return `python -m venv: ${lastLine(made)}`;
  const quick = ['--quiet', '--disable-pip-version-check', '--retries', '0', '--timeout', '5'];
  const pip = { file: join(venv, 'bin', 'python'), args: ['-m', 'pip', 'install', ...quick, ...PACKAGES] };
  const settings = Object.entries(process.env).filter(([name]) => name.startsWith('PIP_'));
  const installed = await runCommand(pip, { env: Object.fromEntries(settings) as Record<string, string> });
  return installed.status === 0 ? undefined : `pip: ${lastLine(installed)}`;
};

const withApt: Attempt = async (_root, say) => {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return undefined;
  say('not with pip: installing alembic and python3-psycopg2 (apt-get)');
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await runCommand({ file: 'apt-get', args: ['update', '-qq'] }, { env });
  const packages = ['--no-install-recommends', 'alembic', 'python3-psycopg2'];
  const installed = await runCommand(
    { file: 'apt-get', args: ['install', '-qq', '-y', ...packages] },
    { env },
  );
  return installed.status === 0 ? undefined : `apt-get: ${lastLine(installed)}`;
};

const lastLine = ({ stdout, stderr }: Result): string =>
  (stderr.trim() || stdout.trim()).split('\n').at(-1) || 'failed without a message';
