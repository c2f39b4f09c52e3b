import { describe, expect, test } from 'vitest';
import { run } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

const has = async (shell: string): Promise<boolean> =>
  (await run([shell, '-c', 'true']).catch(() => ({ status: 1 }))).status === 0;
const HAS_ZSH = await has('zsh');
const HAS_FISH = await has('fish');

/** What `backup` writes beside a dump. */
const FACTS = {
  ...{ environment: 'vm_stg', database: 'core_stg', databaseOid: '16384', systemIdentifier: '1' },
  ...{ serverVersion: '17.11', revisions: ['0012'], format: 'custom', tables: 3, size: 1 },
  ...{ databaseSize: 8_000_000, sha256: 'x', time: '2026-04-01T09:30:00.000Z' },
};

describe('completion', () => {
  const scratch = useScratch({ engine: false });
  const makesafe = (...words: string[]) =>
    scratch.start([process.execPath, 'bin/makesafe.js', ...words]).ended;

  test('prints a script for bash, zsh and fish, and for nothing else', async () => {
    const [bash, zsh, fish, other] = await Promise.all(
      ['bash', 'zsh', 'fish', 'tcsh'].map((shell) => makesafe('completion', shell)),
    );
    expect(bash!.stdout).toContain('complete -F _makesafe make');
    expect(zsh!.stdout).toContain('compdef _makesafe make');
    expect(other!.stderr).toContain('there is no completion for tcsh');
    expect(fish!.stdout).toContain('complete -c make');
    expect(other!.status).toBe(64);
  });

  test('belongs to its own project, and says nothing where something is wrong', async () => {
    const { stdout, stderr } = await scratch.start(
      [process.execPath, scratch.path('bin/makesafe.js'), 'complete', 'up', 'ENV='],
      { cwd: '/' },
    ).ended;
    expect(stdout).toContain('ENV=vm_stg');
    expect(stderr).toBe('');
    const registry = scratch.read('env/environments.ts');
    scratch.write('env/environments.ts', 'export default 5');
    const broken = await makesafe('complete', 'up', 'EN');
    scratch.write('env/environments.ts', registry);
    expect(broken).toMatchObject({ stdout: '', stderr: '', status: 1 });
  });

  /** What Tab would offer behind a line, with = between words and without. */
  const inBash = async (line: string, breaks = ' =:'): Promise<string[]> => {
    const script = `
        source completion/makesafe.bash
        COMP_WORDBREAKS=$2 COMP_LINE=$1 COMP_POINT=\${#1} COMP_WORDS=($1)
        COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
        function=$(complete -p "\${COMP_WORDS[0]}" | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
        "$function" "\${COMP_WORDS[0]}"
        printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = await scratch.start([
      ...['bash', '--norc', '-c', script, 'bash', line, breaks],
    ]).ended;
    expect(stderr).toBe('');
    return stdout.split('\n').filter(Boolean);
  };

  /** What Tab would offer. */
  const inFish = async (line: string): Promise<string[]> => {
    const script = 'source completion/makesafe.fish; complete -C $argv[1]';
    const { stdout, stderr } = await scratch.start(['fish', '--no-config', '-c', script, line]).ended;
    expect(stderr).toBe('');
    return stdout
      .split('\n')
      .map((row) => row.split('\t')[0]!)
      .filter(Boolean);
  };

  /** A zsh with a terminal of its own, in which Tab is pressed. */
  const inZsh = async (line: string): Promise<string> => {
    const script = `
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell "PS1=; autoload -Uz compinit; compinit -u -D; source completion/makesafe.zsh; LISTMAX=0"
        # Shows what stands on the line once it is completed.
        zpty -w shell "show() { zle -I; print -r -- \\"<<\\$BUFFER>>\\"; zle kill-buffer }; zle -N show; bindkey '^X' show; print rea''dy"
        local text all=
        until [[ $all == *ready* ]]; do zpty -r shell text; all+=$text; done
        all=
        zpty -n -w shell "$1"$'\\t\\x18'
        until [[ $all == *'>>'* ]]; do zpty -r shell text || break; all+=$text; done
        print -r -- "$all"
        zpty -d shell`;
    const { stdout } = await scratch.start(['timeout', '30', 'zsh', '-f', '-c', script, 'zsh', line], {
      env: { TERM: 'dumb' },
    }).ended;
    return stdout.match(/<<(.*)>>/)?.[1] ?? stdout;
  };

  describe('in bash', () => {
    test('environments behind ENV=, whether or not = separates words', async () => {
      expect(await inBash('make up ENV=vm_')).toEqual(['vm_stg', 'vm_prod']);
      expect(await inBash('make up ENV=vm_', ' ')).toEqual(['ENV=vm_stg', 'ENV=vm_prod']);
      expect(await inBash('npx makesafe up ENV=vm_p')).toEqual(['vm_prod']);
    });

    test('values, files and folders', async () => {
      expect(await inBash('make help TASK=resto')).toEqual(['restore-from-dump', 'restore-from-sql']);
      expect(await inBash('make restore-from-sql SQL=scripts/d')).toEqual(['scripts/db/']);
      expect(await inBash('make restore-from-sql SQL=scripts/db/b')).toEqual([
        'scripts/db/bootstrap_roles.sql',
      ]);
      expect(await inBash('make logs ENV=vm_stg S=')).toContain('db');
    });

    test('targets and their variables', async () => {
      expect(await inBash('make db-reset-v')).toContain('db-reset-volume-env');
      expect(await inBash('make logs TA')).toEqual(['TAIL=']);
      expect(await inBash('make logs ')).toEqual(expect.arrayContaining(['ENV=', 'S=']));
    });

    test('what else completed make is asked as well', async () => {
      const script = `
        before() { COMPREPLY=(theirs); }
        complete -F before make
        source completion/makesafe.bash; source completion/makesafe.bash
        COMP_LINE='make th' COMP_POINT=7
        _makesafe make; printf '%s ' "\${COMPREPLY[@]}"`;
      expect((await scratch.start(['bash', '--norc', '-c', script]).ended).stdout.trim()).toBe('theirs');
    });
  });

  describe.skipIf(!HAS_FISH)('in fish', () => {
    test('targets, their variables and values', async () => {
      expect(await inFish('make db-reset-v')).toContain('db-reset-volume-env');
      expect(await inFish('make up ENV=vm_')).toEqual(expect.arrayContaining(['ENV=vm_stg', 'ENV=vm_prod']));
      expect(await inFish('npx makesafe logs TA')).toEqual(['TAIL=']);
      expect(await inFish('npx makesafe restore-from-sql SQL=scripts/db/boot')).toEqual([
        'SQL=scripts/db/bootstrap_roles.sql',
      ]);
    });
  });

  describe.skipIf(!HAS_ZSH)('in zsh', () => {
    test('environments behind ENV=, targets and their variables', async () => {
      expect(await inZsh('make up ENV=vm_p')).toBe('make up ENV=vm_prod ');
      expect(await inZsh('make logs TA')).toBe('make logs TAIL=');
      expect(await inZsh('make restore-from-sql SQL=scripts/d')).toBe(
        'make restore-from-sql SQL=scripts/db/',
      );
      expect(await inZsh('make help TASK=journ')).toBe('make help TASK=journal ');
      expect(await inZsh('make db-dump-s')).toBe('make db-dump-schema-env ');
      expect(await inZsh('npx makesafe up ENV=vm_s')).toBe('npx makesafe up ENV=vm_stg ');
    });
  });

  /** Where somebody presses Tab, and what is offered: all of it in bash and fish, the line that comes of it in zsh. */
  test.skipIf(!HAS_ZSH || !HAS_FISH)(
    'a table of positions and what is offered',
    { timeout: 300_000 },
    async () => {
      const dump = 'backups/vm_stg_core_stg_20260401_093000.dump';
      scratch.write(`${dump}.json`, JSON.stringify(FACTS));
      scratch.write(dump, 'x');
      const positions = [
        ...['make db-re', 'make logs TA', 'make up ENV=', 'make help TASK=resto', 'make logs ENV=vm_stg S='],
        ...['make db-diff-schema-env ENV=vm_stg BASE=local', 'make al-down-env ENV=vm_stg REV=20251211_14'],
        ...['make restore-from-dump ENV=vm_stg DUMP=', 'make restore-from-sql ENV=vm_stg SQL=scripts/d'],
        ...['npx makesafe db-ver', 'npx makesafe comp', 'make nothing-of-ours EN'],
      ];
      const rows = [];
      for (const line of positions) {
        const [bash, fish, zsh] = await Promise.all([inBash(line), inFish(line), inZsh(line)]);
        rows.push(
          `${line}⇥`,
          `  bash  ${bash.join(' ')}`.trimEnd(),
          `  fish  ${fish.join(' ')}`.trimEnd(),
          `  zsh   ${zsh.trimEnd()}`,
        );
      }
      expect(`${rows.join('\n')}\n`).toMatchInlineSnapshot(`
        "make db-re⇥
          bash  db-rebuild-env db-reset-db-env db-reset-volume-env
          fish  db-rebuild-env db-reset-db-env db-reset-volume-env
          zsh   make db-re
        make logs TA⇥
          bash  TAIL=
          fish  TAIL=
          zsh   make logs TAIL=
        make up ENV=⇥
          bash  local_dev local_demo vm_stg vm_prod
          fish  ENV=local_demo ENV=local_dev ENV=vm_prod ENV=vm_stg
          zsh   make up ENV=
        make help TASK=resto⇥
          bash  restore-from-dump restore-from-sql
          fish  TASK=restore-from-dump TASK=restore-from-sql
          zsh   make help TASK=restore-from-
        make logs ENV=vm_stg S=⇥
          bash  db core_api
          fish  S=core_api S=db
          zsh   make logs ENV=vm_stg S=
        make db-diff-schema-env ENV=vm_stg BASE=local⇥
          bash  local_dev local_demo
          fish  BASE=local_demo BASE=local_dev
          zsh   make db-diff-schema-env ENV=vm_stg BASE=local_de
        make al-down-env ENV=vm_stg REV=20251211_14⇥
          bash  20251211_140000000
          fish  REV=20251211_140000000
          zsh   make al-down-env ENV=vm_stg REV=20251211_140000000
        make restore-from-dump ENV=vm_stg DUMP=⇥
          bash  backups/vm_stg_core_stg_20260401_093000.dump app/ backups/ bin/ completion/ docker/ env/ lib/ makefile node_modules package-lock.json package.json scripts/ secrets/ tasks/ tsconfig.json
          fish  DUMP=app/ DUMP=backups/ DUMP=backups/vm_stg_core_stg_20260401_093000.dump DUMP=bin/ DUMP=completion/ DUMP=docker/ DUMP=env/ DUMP=lib/ DUMP=makefile DUMP=node_modules DUMP=package.json DUMP=package-lock.json DUMP=scripts/ DUMP=secrets/ DUMP=tasks/ DUMP=tsconfig.json
          zsh   make restore-from-dump ENV=vm_stg DUMP=
        make restore-from-sql ENV=vm_stg SQL=scripts/d⇥
          bash  scripts/db/
          fish  SQL=scripts/db/
          zsh   make restore-from-sql ENV=vm_stg SQL=scripts/db/
        npx makesafe db-ver⇥
          bash  db-verify-env
          fish  db-verify-env
          zsh   npx makesafe db-verify-env
        npx makesafe comp⇥
          bash  completion
          fish  completion
          zsh   npx makesafe completion
        make nothing-of-ours EN⇥
          bash
          fish  env/
          zsh   make nothing-of-ours EN
        "
      `);
    },
  );
});
