import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { expect } from 'vitest';

/** What a program left behind. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds from start to end. */
  readonly time: number;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Variables that the program sees beside PATH, HOME and where the engine is. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads on standard input; nothing by default. */
  readonly input?: string;
  /** Leaves standard input open, for a test that types while it runs. */
  readonly typing?: boolean;
}

/** A program under way, for a test that acts while it runs. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves when something has been printed on either stream; rejects when the program ends before. */
  readonly printed: (text: string | RegExp) => Promise<void>;
  /** What Ctrl-C does: the signal goes to the whole process group. */
  readonly interrupt: (signal?: NodeJS.Signals) => void;
  readonly ended: Promise<Ran>;
}

/**
 * What every program in a test sees of this process's environment: nothing that could choose a server, a project, a
 * colour or a test framework. Where the engine is comes from the person who runs the tests.
 */
const PASSED_ON = [
  ...['PATH', 'HOME', 'XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME', 'SSH_AUTH_SOCK'],
  // Whom package managers believe that they speak with.
  'NODE_EXTRA_CA_CERTS',
];

export function cleanEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && (PASSED_ON.includes(name) || name.startsWith('DOCKER_')) ? [[name, value]] : [],
    ),
  );
}

/** Starts a program in a process group of its own. */
export function start([file, ...args]: readonly string[], options: RunOptions = {}): Running {
  const started = performance.now();
  const child = spawn(file!, args, {
    cwd: options.cwd,
    env: { ...cleanEnvironment(), ...options.env },
    stdio: [options.input === undefined && !options.typing ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  // A program that ends without reading its input is no error of the test's.
  child.stdin?.on('error', () => {});
  if (!options.typing) child.stdin?.end(options.input);
  const collected = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (text: string) => (collected[name] += text));
  }
  const ended = once(child, 'close').then(([code, signal]): Ran => ({
    status: (code as number | null) ?? 128 + constants.signals[signal as NodeJS.Signals],
    ...collected,
    time: performance.now() - started,
  }));
  // Whoever awaits `ended` hears of it; `printed` alone must not end the process.
  ended.catch(() => {});

  const seen = (text: string | RegExp): boolean =>
    [collected.stdout, collected.stderr].some((all) =>
      typeof text === 'string' ? all.includes(text) : text.test(all),
    );
  const printed = (text: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (seen(text)) resolve();
      };
      child.stdout!.on('data', look);
      child.stderr!.on('data', look);
      child.once('close', () =>
        reject(
          new Error(
            `ended (${child.exitCode ?? child.signalCode}) without "${String(text)}":\n${collected.stderr}`,
          ),
        ),
      );
      look();
    });
  const interrupt = (signal: NodeJS.Signals = 'SIGINT'): void => void process.kill(-child.pid!, signal);
  return { child, printed, interrupt, ended };
}

/** Runs a program to its end, whatever its status. */
export const run = (command: readonly string[], options?: RunOptions): Promise<Ran> =>
  start(command, options).ended;

/** A program that had to succeed; what it said is the reason when it did not. */
export function succeeded(ran: Ran): Ran {
  expect(ran.status, `${ran.stdout}${ran.stderr}`).toBe(0);
  return ran;
}

/** Runs a program that the test itself needs; resolves to its standard output without the last line break. */
export async function must(command: readonly string[], options?: RunOptions): Promise<string> {
  const { status, stdout, stderr } = await run(command, options);
  if (status !== 0) throw new Error(`${command.join(' ')} (status ${status}):\n${stdout}${stderr}`);
  return stdout.trimEnd();
}

export const docker = (...args: string[]): Promise<string> => must(['docker', ...args]);
