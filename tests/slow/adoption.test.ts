import { rmSync, renameSync } from 'node:fs';
import { join, relative } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import * as makesafe from '../../lib/index.ts';
import { NO_ENGINE } from '../helpers/engine.ts';
import { useAdopted } from '../helpers/adopted.ts';
import { must, run, succeeded } from '../helpers/processes.ts';
import { CTRL_C, CTRL_D, onTerminal } from '../helpers/terminal.ts';

const PROJECT = join(import.meta.dirname, '../..');
const REGISTRY = 'env/environments.ts';

describe('makesafe in another repository, installed from its tarball', () => {
  const shop = useAdopted({ engine: false });
  const MADE = ['env', 'secrets', 'makefile', 'billing', 'makesafe.environments.ts'];
  let fixture: Record<string, string> | undefined;

  beforeEach(() => {
    const names = ['Makefile', '.gitignore', 'compose.yaml'];
    fixture ??= Object.fromEntries(names.map((name) => [name, shop.read(name)]));
    shop.remove(...MADE);
    for (const [name, content] of Object.entries(fixture)) shop.write(name, content);
  });
  /** Which of them is meant nobody can see: each has an alembic.ini of its own. */
  const withTwoApplications = (): void => {
    const compose = fixture!['compose.yaml']!;
    shop.write('compose.yaml', compose.replace('  web:', '  billing: { build: billing }\n\n  web:'));
    shop.write('billing/alembic.ini', '[alembic]\n');
  };
  const listing = (): Promise<string> =>
    must(['find', '.', '-path', './node_modules', '-prune', '-o', '-type', 'f', '-print'], {
      cwd: shop.root,
    });

  test('the tarball has what is used, and nothing that is for development or for the sample', async () => {
    const found = await must(['find', '.', '-type', 'f'], { cwd: shop.path('node_modules/makesafe') });
    const files = found.split('\n').map((file) => file.slice(2));
    expect(files).toEqual(
      expect.arrayContaining([
        ...['package.json', 'README.md', 'CHANGELOG.md', 'docs/API.md', 'makesafe.mk', 'bin/makesafe.js'],
        ...['index.js', 'index.js.map', 'index.d.ts'].map((name) => `dist/lib/${name}`),
        ...['dist/tasks/up.js', 'dist/tasks/help.js', 'dist/completion/makesafe.bash'],
      ]),
    );
    const expected =
      /^bin\/makesafe\.js$|^dist\/(lib|tasks|completion|package\.json$)|^LICENSE$|^docs\/API\.md$|^[\w-]+\.(md|mk|json)$/;
    expect(files.filter((file) => !expected.test(file))).toEqual([]);
    const unwanted = /test|demo|vitest|eslint|prettier|tsconfig|lock\.json|\.env|secret/i;
    expect(files.filter((file) => unwanted.test(file) && !file.endsWith('.d.ts'))).toEqual([]);
    expect(files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))).toEqual([]);
    // What is loaded only when it is needed is in it as well.
    const imports = await must(['grep', '-rhoE', String.raw`import\("\.[^"]+"\)`, 'dist'], {
      cwd: shop.path('node_modules/makesafe'),
    });
    expect(imports).toContain('open-environment.js');
    expect(imports).not.toMatch(/testing|demo/);
  });

  test('the tarball is what npm and TypeScript expect of one', async () => {
    for (const [program, ...words] of [
      ['publint', shop.tarball, '--strict'],
      // Node requires ES modules; makesafe.mk is for make.
      ['attw', shop.tarball, '--profile', 'esm-only', '--exclude-entrypoints', 'makesafe.mk'],
    ])
      succeeded(await run([join(PROJECT, 'node_modules/.bin', program!), ...words]));
  });

  test('import and require of plain Node have the same names', async () => {
    const inNode = async (...args: string[]): Promise<unknown> =>
      JSON.parse(succeeded(await shop.run([process.execPath, ...args])).stdout);
    const names = Object.keys(makesafe).sort();
    expect(await inNode('-p', `JSON.stringify(Object.keys(require('makesafe')).sort())`)).toEqual(names);
    const module = `import * as makesafe from 'makesafe'; import { ${names.join()} } from 'makesafe';
      console.log(JSON.stringify(Object.keys(makesafe).sort()))`;
    expect(await inNode('--input-type=module', '-e', module)).toEqual(names);
  });

  test('init shows what it would write, and with DRY_RUN=1 writes nothing', async () => {
    const before = await listing();
    const { status, stdout, stderr } = await shop.makesafe('init DRY_RUN=1');
    expect(status, stderr).toBe(0);
    expect(stdout).toContain(`+++ ${REGISTRY}`);
    expect(stdout).toContain("+    databaseService: 'postgres',");
    expect(stdout).toContain("+    application: { service: 'web', alembicIni: 'alembic.ini' },");
    expect(stdout).toContain('+DB_PASSWORD=');
    expect(stderr).toContain('nothing was written');
    expect(await listing()).toBe(before);
    expect(shop.read('Makefile')).toBe(fixture!['Makefile']);
  });

  test('init leaves the targets of a Makefile as they are, and names the clash', async () => {
    const { stderr } = succeeded(await shop.makesafe('init'));
    expect(stderr).toContain('Makefile has targets of the same name, which stay its own: up\n');
    expect(shop.read('secrets/.env.template.secrets')).toBe(
      '# Copy it for each environment, readable by you only, and fill it in.\nDB_PASSWORD=\n',
    );
    expect(shop.read('Makefile').startsWith(fixture!['Makefile']!)).toBe(true);
    expect(shop.read('.gitignore')).toMatch(/^node_modules\n(.+\n)*\/secrets\/\*\n/);
    for (const [words, said] of [
      ['', 'their own up\n'],
      ['up', 'their own up\n'],
      ['lint', 'their own lint\n'],
    ] as const) {
      const ran = await shop.runMake(words);
      expect(ran.stdout).toBe(said);
      expect(ran.stderr).toBe('');
    }
    const help = succeeded(await shop.runMake('help')).stdout;
    expect(help).toMatch(/^ +count-products +Count the products in the shop \(商品を数える\)$/m);
    expect(help).toMatch(/^ +⚠ db-reset-volume-env /m);
    expect(help).toMatch(/^ +dev +default/m);
    expect(help).not.toMatch(/vm_stg|local_dev|not-a-task/);
    // Theirs has the name: ours is offered under that line, and completion says nothing of it behind make.
    expect(help).toMatch(/^ +up +only as npx makesafe up: /m);
    expect((await shop.makesafe('complete up TIM')).stdout).toBe('');
    // What they write behind ours is theirs as well, for make takes the last one.
    shop.write('Makefile', `${shop.read('Makefile')}\ndb-reset-volume-env:\n\t@echo theirs\n`);
    expect(succeeded(await shop.runMake('help')).stdout).toMatch(
      /^ +⚠ db-reset-volume-env +only as npx makesafe db-reset-volume-env: /m,
    );
    const asked = await shop.runMake('help db-reset-volume-env');
    expect(asked.stderr).toContain('db-reset-volume-env is a target of your own makefile');
    expect(asked.stderr).toContain('[next] npx makesafe help TASK=db-reset-volume-env\n');
    expect(asked.stdout).toBe('');
    expect((await shop.runMake('help health ENV=dev')).stdout).toMatch(/^health: /);
    // A target that nobody has stays make's business.
    expect((await shop.runMake('restrat')).stderr).toContain("No rule to make target 'restrat'");
    // Theirs has the name, so ours is spelled in another way.
    expect(succeeded(await shop.runMake('help TASK=up')).stdout).toContain('  npx makesafe up\n');

    const again = await shop.makesafe('init');
    expect(again.stderr).toContain(`${REGISTRY} exists, and is left as it is`);
    expect(again.status).toBe(78);
  });

  test('what stands behind ours is judged by what make would run: theirs that destroys or stops is none', async () => {
    // Excepted, because it is theirs; and one that they write behind ours, under a harmless name.
    shop.write('Makefile', `${fixture!['Makefile']!}\ndown:\n\t@echo ran; : docker compose down\n`);
    succeeded(await shop.makesafe('init'));
    shop.write('Makefile', `${shop.read('Makefile')}\nhealth: ; @echo ran; : docker compose stop\n`);
    for (const goals of ['journal down', 'journal health', 'lint journal down']) {
      const { stdout, stderr, status } = await shop.runMake(`${goals} ENV=dev`);
      expect(stderr, goals).toMatch(
        /is a target of your own makefile that destroys or stops \(echo ran; : docker/,
      );
      expect(stderr, goals).toMatch(
        /\[next\] if you mean it, type (down|health) behind make on a line of its own/,
      );
      expect(stdout, goals).not.toContain('ran');
      expect(status, goals).toBe(2);
    }
    expect((await shop.runMake('down')).stdout).toBe('ran\n');
    expect((await shop.runMake('journal lint ENV=dev')).stdout).toContain('their own lint');
  });

  test('a Makefile works before npm install as it did', async () => {
    succeeded(await shop.makesafe('init'));
    renameSync(shop.path('node_modules/makesafe'), shop.path('node_modules/away'));
    const ran = await shop.runMake('lint');
    renameSync(shop.path('node_modules/away'), shop.path('node_modules/makesafe'));
    expect(ran).toMatchObject({ status: 0, stdout: 'their own lint\n', stderr: '' });
  });

  test('PREFIX goes before every target of ours, and before what messages say to type', async () => {
    const { stderr } = succeeded(await shop.makesafe('init PREFIX=ms-'));
    expect(stderr).not.toContain('same name');
    expect(stderr).toContain('[next] make ms-help');
    const help = succeeded(await shop.runMake('ms-help')).stdout;
    expect(help).toContain('make ms-<task>');
    expect(succeeded(await shop.runMake('ms-help TASK=up')).stdout).toContain('  make ms-up\n');
    const reset = await shop.runMake('ms-db-reset-volume-env');
    expect(reset.stderr).toContain('ENV=<environment> is missing');
    expect((await shop.runMake('help')).stderr).toContain("No rule to make target 'help'");
    expect((await shop.makesafe('complete ms-up TIM')).stdout).toBe('TIMEOUT=\n');
    expect((await shop.makesafe('complete makesafe resta')).stdout).toBe('restart\n');
    expect((await shop.makesafe('complete ms-up ENV=')).stdout).toBe('ENV=dev\n');
    // Two targets on one line: what one takes is no mistake for the other.
    const two = await shop.runMake('-k ms-health ms-logs ENV=dev JSON=1 TAIL=5');
    expect(two.stderr).not.toContain('is not a parameter');
    // The second waits for the first, which fails.
    expect(two.stderr.match(/Error 69$/gm)).toHaveLength(1);
  });

  test('without a Makefile, init writes one: help by itself, and both kinds of tasks suggested', async () => {
    rmSync(shop.path('Makefile'));
    succeeded(await shop.makesafe('init'));
    expect(succeeded(await shop.runMake('')).stdout).toContain('count-products');
    for (const [typed, meant] of [
      ['restrat', 'restart'],
      ['count-product', 'count-products'],
    ] as const) {
      const { stderr } = await shop.runMake(typed);
      expect(stderr).toContain(`did you mean: make ${meant}`);
      expect(stderr).toMatch(/Error 64$/m);
    }
    expect((await shop.runMake('-n up')).stdout).toContain('node node_modules/makesafe/bin/makesafe.js up');
    renameSync(shop.path('node_modules/makesafe'), shop.path('node_modules/away'));
    const { stderr } = await shop.runMake('up');
    renameSync(shop.path('node_modules/away'), shop.path('node_modules/makesafe'));
    expect(stderr).toContain('[error] makesafe is not installed in this repository');
    expect(stderr).toMatch(/Error 69$/m);
  });

  test('what init cannot see it asks for: without a terminal by the names of its parameters', async () => {
    withTwoApplications();
    const before = await listing();
    const { status, stderr } = await shop.makesafe('init');
    expect(stderr).toContain('give APPLICATION_SERVICE=web|billing');
    expect(stderr).toContain('[next] for instance: npx makesafe init APPLICATION_SERVICE=web');
    expect(status).toBe(64);
    expect(await listing()).toBe(before);
    succeeded(await shop.makesafe('init APPLICATION_SERVICE=billing ENVIRONMENTS=dev,live PROTECTED=live'));
    expect(shop.read(REGISTRY)).toContain("service: 'billing'");
    expect(shop.read(REGISTRY)).toContain("live: { protected: true, stack: 'compose' }");
  });

  describe('on a terminal', () => {
    const init = [process.execPath, 'node_modules/.bin/makesafe', 'init'];
    const QUESTION = 'APPLICATION_SERVICE (web, billing): ';
    let before: string;
    beforeEach(async () => {
      withTwoApplications();
      before = await listing();
    });

    test('it asks a person, once more where that was no answer, and writes after a y', async () => {
      const answers = [
        '\r',
        QUESTION,
        'biling\r',
        QUESTION,
        'billing\r',
        QUESTION,
        'y\r',
        'Write this? [y/N] ',
      ];
      const { status, stdout } = await shop.run(onTerminal(init, ...answers), { env: { NO_COLOR: '1' } });
      expect(stdout).toContain(
        'there are several alembic.ini (alembic.ini, billing/alembic.ini), each in a service of its own',
      );
      expect(stdout).toContain("+    application: { service: 'billing', alembicIni: 'alembic.ini' },");
      expect(stdout).toContain('[ok] written: env/environments.ts');
      expect(shop.read(REGISTRY)).toContain("service: 'billing'");
      expect(status).toBe(0);
    });

    test.each([
      ['an n', ['billing\r', QUESTION, 'n\r', 'Write this? [y/N] ']],
      ['Ctrl-C', [CTRL_C, QUESTION]],
      ['Ctrl-D', [CTRL_D, QUESTION]],
    ])('%s writes nothing: 130', async (_what, answers) => {
      const { status, stdout } = await shop.run(onTerminal(init, ...answers), { env: { NO_COLOR: '1' } });
      expect(stdout).toContain('[error] nothing was written');
      expect(status).toBe(130);
      expect(await listing()).toBe(before);
    });
  });

  test('npx makesafe runs any task, wherever it stands; a package belongs to the repository around it', async () => {
    succeeded(await shop.makesafe('init'));
    for (const words of ['up ENV=dev', 'count-products ENV=dev']) {
      const { status, stderr } = await shop.makesafe(words);
      expect(stderr).toMatch(NO_ENGINE);
      expect(status).toBe(69);
    }
    const { status, stderr } = await shop.makesafe('restrat');
    expect(stderr).toContain('did you mean: npx makesafe restart');
    expect(status).toBe(64);
    const elsewhere = await shop.makesafe('help', { cwd: '/' });
    expect(elsewhere.stdout).toContain('count-products');
    // npx finds a package by the folder that it is called in.
    expect(elsewhere.stdout).toContain(`npx --prefix ${relative('/', shop.root)} makesafe <task>`);
    // Neither npx nor make in the way: the status is the task's own.
    const refused = await shop.makesafe('db-reset-volume-env ENV=nowhere');
    expect(refused.stderr).toContain('ENV="nowhere" is not an environment');
    expect(refused.status).toBe(64);
  });

  test('a task of their own may be any TypeScript, and may have the name of ours', async () => {
    succeeded(await shop.makesafe('init'));
    const task = (word: string, before = ''): string =>
      `import { defineTask } from 'makesafe';
${before}
export default defineTask(import.meta.url, {
  group: 'project', summary: 'Say a word', environment: 'none', examples: ['make words'],
  run: async ({ terminal }) => terminal.result(${word}),
});
`;
    shop.write('tasks/ps.ts', task("'theirs'"));
    shop.write('tasks/with-enum.ts', task('Word.A', "enum Word { A = 'an enum' }"));
    shop.write('tasks/with-import.ts', task('word', "import { word } from './words/word';"));
    shop.write('tasks/words/word.ts', "export const word: string = 'an import';\n");
    const said = { ps: 'theirs\n', 'with-enum': 'an enum\n', 'with-import': 'an import\n' };
    for (const [name, stdout] of Object.entries(said)) {
      expect(succeeded(await shop.makesafe(name))).toMatchObject({ stdout, stderr: '' });
      expect(succeeded(await shop.runMake(`-s ${name}`))).toMatchObject({ stdout });
    }
    shop.remove('tasks/ps.ts', 'tasks/with-enum.ts', 'tasks/with-import.ts', 'tasks/words');
  });

  test('its types hold in a strict project that knows nothing of how makesafe is built', async () => {
    succeeded(await shop.makesafe('init'));
    shop.write('env/wrong.ts', shop.read(REGISTRY).replace('protected: false', "protected: 'no'"));
    const compilerOptions = { strict: true, module: 'preserve', target: 'es2023', noEmit: true, types: [] };
    const include = ['env', 'tasks/count-products.ts'];
    shop.write('tsconfig.json', JSON.stringify({ compilerOptions, include }));
    const tsc = join(PROJECT, 'node_modules/typescript/bin/tsc');
    const { stdout } = await run([process.execPath, tsc, '--pretty', 'false'], { cwd: shop.root });
    expect(stdout).toMatch(/^env\/wrong\.ts.*'"no"' is not assignable to type 'boolean | "never"'/);
    expect(stdout.match(/^\S+\.ts\(/gm)).toHaveLength(1);
  });
});
