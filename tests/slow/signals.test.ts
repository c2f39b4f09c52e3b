import { beforeAll, describe, expect, test } from 'vitest';
import { isRunning, processes, processesOf, useEmbedded } from '../helpers/embedded.ts';
import { start, type Running } from '../helpers/processes.ts';

/** Ctrl-C as a terminal sends it, through make and npx; SIGTERM as a supervisor sends it to what it started. */
const scratch = useEmbedded({ engine: false });

// Cannot be hurried: what is under way when a person presses Ctrl-C.
const SLOW = `
import { defineTask } from '../lib/task/define-task.ts';
import { whileUnfinished } from '../lib/system/unfinished.ts';

export default defineTask(import.meta.url, {
  group: 'project',
  summary: 'Takes its time',
  environment: 'none',
  examples: ['make slow'],
  run: async ({ terminal, signal }) => {
    terminal.info('working');
    await whileUnfinished('half a thing', async () => {
      const alive = setInterval(() => {}, 1000);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      clearInterval(alive);
      terminal.info('asked to stop');
      await new Promise((resolve) => setTimeout(resolve, Number(process.env['STOPPING'] ?? 1000)));
      signal.throwIfAborted();
    });
  },
});
`;

// What is thrown where nobody waits for it, as a library's own callback does.
const ASTRAY = SLOW.replace(
  /run: [^]*/,
  `run: async ({ terminal }) => {
    terminal.redactor.hide('s3cret');
    setTimeout(() => { throw new Error('lost with s3cret'); }, 1);
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
});
`,
);

// A child that no signal of a terminal ends, and its own child that would hold our pipe.
const DEAF = SLOW.replace(
  /run: [^]*/,
  `run: async ({ terminal }) => {
    const { run } = await import('../lib/system/process.ts');
    const script = "trap '' INT TERM; sleep 3601 & echo deaf; wait; wait";
    await run({ file: 'sh', args: ['-c', script] }, { onLine: terminal.info });
  },
});
`,
);

// What a library keeps open when its owner has failed.
const HOLDING = SLOW.replace(
  /run: [^]*/,
  `run: async () => {
    const { createServer, connect } = await import('node:net');
    const server = createServer().listen(0, '127.0.0.1', () => connect(server.address().port, '127.0.0.1'));
    const { run } = await import('../lib/system/process.ts');
    void run({ file: 'sleep', args: ['3602'] });
    throw new Error('no more');
  },
});
`,
);

// Work that fails while what it has made elsewhere is still there.
const UNTIDY = SLOW.replace(
  /run: [^]*/,
  `run: async ({ terminal }) => {
    const { beforeLeaving } = await import('../lib/system/tidying.ts');
    beforeLeaving(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      terminal.info('tidied up');
    });
    throw new Error('no more');
  },
});
`,
);

beforeAll(() => {
  scratch.write('tasks/untidy.ts', UNTIDY);
  scratch.write('tasks/deaf.ts', DEAF);
  scratch.write('tasks/holding.ts', HOLDING);
  scratch.write('tasks/slow.ts', SLOW);
  scratch.write('tasks/astray.ts', ASTRAY);
});

test('what is thrown where nobody waits for it ends the task with a message, and no secret in it: 1', async () => {
  const { status, stderr } = await scratch.runTask('astray');
  expect(stderr).toMatch(/^\[error\] lost with \*{8}\n\[info\] this is a fault of makesafe itself/);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(status).toBe(1);
});

const sleeping = (seconds: string): number[] =>
  processes().flatMap(({ pid, words }) =>
    isRunning(pid) && words[0] === 'sleep' && words[1] === seconds ? [pid] : [],
  );

test('after an error the process ends, whatever is still open', async () => {
  const { status, time } = await scratch.runTask('holding');
  expect(status).toBe(1);
  // Of an hour; starting it takes most of this.
  expect(time).toBeLessThan(30_000);
  expect(sleeping('3602')).toEqual([]);
});

test('what is to be tidied up is, whatever failed first', async () => {
  const { status, stderr } = await scratch.runTask('untidy');
  expect(stderr).toContain('[info] tidied up');
  expect(status).toBe(1);
});

describe.each(['SIGINT', 'SIGTERM'] as const)('the first %s ends within two seconds', (signal) => {
  test.each([
    ['what does not stop', 'slow', 'working', 'cancelled; left behind: half a thing'],
    ['a child that takes no notice', 'deaf', 'deaf', 'cancelled'],
  ])('%s', async (_what, task, sign, said) => {
    const running = scratch.startTask(task, { env: { STOPPING: '3600000' } });
    await running.printed(sign);
    const pressed = performance.now();
    running.interrupt(signal);
    const { status, stderr } = await running.ended;
    // By its own clock two seconds: a busy machine adds to them. What it waits for takes an hour.
    expect(performance.now() - pressed).toBeLessThan(20_000);
    expect(stderr).toContain(`[error] ${said}\n`);
    expect(status).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(sleeping('3601')).toEqual([]);
  });
});

/** A command on a terminal of its own; what is written to it is typed. */
function onTerminal(command: string, env: Record<string, string> = {}): Running & { press: () => void } {
  // script(1) makes the terminal and hands on the command's status.
  const running = start(['script', '-qefc', command, '/dev/null'], { cwd: scratch.root, typing: true, env });
  return { ...running, press: () => void running.child.stdin!.write('\x03') };
}

const tasksLeft = (): string[] =>
  processesOf(scratch.root).flatMap(({ pid, words }) =>
    isRunning(pid) && words.at(-1)?.includes('slow') ? [words.join(' ')] : [],
  );

describe.each(['make slow', 'npx tsx tasks/slow.ts'])('Ctrl-C at %s', (command) => {
  // tsx kills a task that it does not hear from: one time in three, where nothing is done about it.
  test('once: what was begun is ended, and one line says what is left', { repeats: 3 }, async () => {
    const terminal = onTerminal(command);
    await terminal.printed('working');
    terminal.press();
    await terminal.printed('asked to stop');
    const { stdout, status } = await terminal.ended;
    expect(stdout).toContain('cancelled; left behind: half a thing');
    expect(stdout).not.toContain('once more leaves at once');
    expect(status).toBe(130);
    expect(tasksLeft()).toEqual([]);
  });

  test('twice says what would be left behind, three times leaves', async () => {
    // It would not end before the test's own time is over.
    const terminal = onTerminal(command, { STOPPING: '3600000' });
    await terminal.printed('working');
    terminal.press();
    await terminal.printed('asked to stop');
    // Faster, and both would count as one.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    terminal.press();
    await terminal.printed('once more leaves at once, and leaves behind: half a thing');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    terminal.press();
    const { status } = await terminal.ended;
    expect(status).toBe(130);
    await expect.poll(tasksLeft).toEqual([]);
  });
});

describe.each([
  { command: ['make', 'slow'], status: 2 },
  { command: ['npx', '--no-install', 'tsx', 'tasks/slow.ts'], status: 143 },
])('SIGTERM at $command.0', ({ command, status }) => {
  test('reaches the task, which ends what was begun', async () => {
    const running = scratch.start(command);
    await running.printed('working');
    running.child.kill('SIGTERM');
    await running.printed('cancelled; left behind: half a thing');
    expect([status, 143]).toContain((await running.ended).status);
    await expect.poll(tasksLeft).toEqual([]);
  });
});
