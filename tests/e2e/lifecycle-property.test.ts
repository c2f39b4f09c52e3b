import { appendFileSync, mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { COMMIT } from '../helpers/commit.ts';
import { makeActor } from '../../lib/output/actor.ts';
import { canonicalise } from '../../lib/environment/canonicalise.ts';
import { loadRegistry } from '../../lib/environment/registry.ts';
import type { Registry } from '../../lib/environment/entry.ts';
import { MakesafeError, RefusedError, messageOf } from '../../lib/errors.ts';
import { openEnvironment } from '../../lib/run/open-environment.ts';
import { rebuild } from '../../lib/lifecycle/rebuild.ts';
import { restart } from '../../lib/lifecycle/restart.ts';
import { down } from '../../lib/lifecycle/down.ts';
import { up } from '../../lib/lifecycle/up.ts';
import { Terminal } from '../../lib/output/terminal.ts';
import {
  changed,
  composeOf,
  projectOf,
  type Action,
  type Layout,
  type Project,
} from '../helpers/lifecycle-projects.ts';
import { docker, run as runProgram } from '../helpers/processes.ts';
import { Scratch } from '../helpers/scratch.ts';
import { buildSmallImages, type SmallImages } from '../helpers/small-server.ts';

/** `LIFECYCLE_PROJECTS=200 npx vitest run --project e2e tests/e2e/lifecycle-property.test.ts` for all of them. */
const COUNT = Number(process.env['LIFECYCLE_PROJECTS'] ?? 4);
/** In daily work other ones with each commit. */
const FIRST = Number(
  process.env['LIFECYCLE_SEED'] ?? (process.env['LIFECYCLE_PROJECTS'] === undefined ? COMMIT : 0),
);
const AT_A_TIME = Number(process.env['LIFECYCLE_AT_A_TIME'] ?? 3);
const ROWS = 100;

type Given = Parameters<typeof up>[0] & Parameters<typeof rebuild>[0];

const ACTIONS: Readonly<Record<Action, (run: Given) => Promise<void>>> = { up, down, restart, rebuild };

describe.skipIf(inject('noEngine') !== '')('whatever a compose file is and becomes', () => {
  const projects = Array.from({ length: COUNT }, (_, index) => projectOf(FIRST + index));
  const name = ({ seed }: Project): string => `p${seed}`;
  const scratch = new Scratch({
    only: [],
    environments: Object.fromEntries(
      projects.map((project) => [name(project), { entry: { protected: project.protected }, compose: {} }]),
    ),
  });
  let images: SmallImages;
  let registry: Registry;
  const tally = { refused: 0, stopped: 0, done: 0, failed: 0 };

  beforeAll(async () => {
    await scratch.make();
    images = await buildSmallImages(scratch.prefix);
    registry = await loadRegistry(scratch.root);
  });
  afterAll(async () => {
    console.info(
      `${COUNT} projects from seed ${FIRST}: ${tally.done} actions done, ${tally.stopped} of them a stop instead of down, ${tally.refused} refused, ${tally.failed} failed; 0 rows lost unless a test failed`,
    );
    await scratch.dispose();
  });

  const folder = (project: Project): string => scratch.path('storage', name(project));
  const external = (project: Project): string => `${scratch.prefix}-external-${project.seed}`;

  function write(project: Project, layout: Layout): void {
    for (const { name: of } of layout.mounts) mkdirSync(`${folder(project)}/${of}`, { recursive: true });
    const text = JSON.stringify(composeOf(layout, images, external(project), folder(project)));
    scratch.write(`docker/${name(project)}.json`, text);
  }

  /** As the task would, in this process: what is tried is what it does, and not how long Node takes to start. */
  async function act(
    project: Project,
    layout: Layout,
    action: Action,
  ): Promise<{ error?: unknown; said: string }> {
    let said = '';
    const sink = { write: (text: string) => (said += text) };
    const terminal = new Terminal(sink, sink, {});
    const entry = registry.environments[name(project)]!;
    const own = {
      ...registry,
      environments: { [name(project)]: { ...entry, databaseService: layout.service } },
      default: name(project),
    };
    const run = {
      task: { name: action, definition: { environment: 'any', run: () => Promise.resolve() } },
      ...{ root: scratch.root, terminal, actor: makeActor(false, terminal), registry: own, make: undefined },
      values: { TIMEOUT: 120, PULL: false, NO_CACHE: false },
      signal: new AbortController().signal,
      command: (task: string) => `make ${task}`,
    } as unknown as Given;
    try {
      const opened = await openEnvironment(run, canonicalise(name(project), own));
      await ACTIONS[action](opened as unknown as Given);
      return { said };
    } catch (error) {
      if (!(error instanceof MakesafeError)) throw error;
      return { error, said: `${said}${messageOf(error)}\n${error.hint ?? ''}\n` };
    }
  }

  const containerOf = (project: Project, { service }: Layout): string =>
    `${scratch.project(name(project))}-${service}-1`;

  const psql = (container: string, sql: string): ReturnType<typeof runProgram> =>
    runProgram([
      ...['docker', 'exec', container, 'psql', '-XAtq', '-h', '127.0.0.1', '-U', 'app', '-d', 'core', '-c'],
      sql,
    ]);

  /** The rows, past the code under test; undefined where no server runs. */
  async function rows(container: string): Promise<string | undefined> {
    for (let attempt = 0; ; attempt++) {
      const { status, stdout, stderr } = await psql(container, 'SELECT count(*) FROM kept');
      if (status === 0) return stdout.trim();
      if (/No such container|is not running/.test(stderr)) return undefined;
      if (attempt > 100 || !/starting up|refused|could not connect/.test(stderr)) return stderr.trim();
      await sleep(100);
    }
  }

  async function live(project: Project): Promise<void> {
    let layout = project.layout;
    /** What the last container was made from, and whether it runs. */
    let good = layout;
    let runs = true;
    const log: string[] = [
      `seed ${project.seed}: ${project.storage}${project.protected ? ', protected' : ''}`,
    ];
    if (layout.mounts.some(({ kind }) => kind === 'external'))
      for (const suffix of ['data', 'data2'])
        await docker('volume', 'create', `${external(project)}-${suffix}`);
    const apply = async (change: string | undefined, action: Action): Promise<boolean> => {
      const next = changed(layout, change);
      write(project, next);
      const { error, said } = await act(project, next, action);
      const outcome = !error ? 'done' : error instanceof RefusedError ? 'refused' : 'failed';
      tally[outcome] += 1;
      if (said.includes('stopped, and not removed')) tally.stopped += 1;
      log.push(`--- ${change ?? 'no change'}, ${action}: ${outcome}`, said.trimEnd());
      // Whoever is refused, or fails, puts the file back.
      layout = error ? good : next;
      write(project, layout);
      if (!error) {
        runs = action !== 'down';
        if (action === 'up' || action === 'rebuild') good = next;
      }
      // Of one that failed nothing is known but that it must go on with the file as it was.
      if (outcome !== 'failed')
        expect(await rows(containerOf(project, good)), log.join('\n')).toBe(runs ? String(ROWS) : undefined);
      return !error;
    };
    try {
      write(project, layout);
      const first = await act(project, layout, 'up');
      expect(first.error, `${log.join('\n')}\n${first.said}`).toBeUndefined();
      const into = layout.tablespace ? ' TABLESPACE fast' : '';
      for (const sql of [
        ...(layout.tablespace ? [`CREATE TABLESPACE fast LOCATION '/tablespace'`] : []),
        `CREATE TABLE kept${into} AS SELECT generate_series(1, ${ROWS}) AS x`,
      ]) {
        const { status, stderr } = await psql(containerOf(project, layout), sql);
        expect(status, stderr).toBe(0);
      }
      for (const { change, action } of project.steps) await apply(change, action);
      // Refused because of what was changed before a `down`: with the file put back it goes.
      if (!(await apply(undefined, 'up'))) await apply(undefined, 'up');
      expect(await rows(containerOf(project, good)), log.join('\n')).toBe(String(ROWS));
    } finally {
      const file = process.env['LIFECYCLE_LOG'];
      if (file !== undefined) appendFileSync(file, `${log.join('\n')}\n\n`);
      await clear(project);
    }
  }

  /** At once: the engine has room for some dozens of networks. */
  async function clear(project: Project): Promise<void> {
    const of = scratch.project(name(project));
    await runProgram(['docker', 'rm', '--force', '--volumes', `${of}-db-1`, `${of}-database-1`]);
    await runProgram(['docker', 'network', 'rm', `${of}_default`]);
    const volumes = ['data', 'deep', 'part', 'wal', 'fast', 'given', 'over'].flatMap((one) =>
      [`${of}_${one}`, `${external(project)}-${one}`].flatMap((volume) => [
        volume,
        `${volume}2`,
        `${volume}22`,
      ]),
    );
    await runProgram(['docker', 'volume', 'rm', '--force', ...volumes]);
  }

  test(`no row is lost, or the loss is refused before: ${COUNT} projects from seed ${FIRST}`, async () => {
    const left = [...projects];
    const lost: string[] = [];
    const work = async (): Promise<void> => {
      for (let project = left.shift(); project; project = left.shift())
        await live(project).catch((error: unknown) => lost.push(messageOf(error)));
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
    expect(lost.join('\n\n')).toBe('');
  }, 5_400_000);
});
