import { describe, expect, test } from 'vitest';
import { run } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

const has = async (shell: string): Promise<boolean> =>
  (await run([shell, '-c', 'true']).catch(() => ({ status: 1 }))).status === 0;
const HAS_ZSH = await has('zsh');
const HAS_FISH = await has('fish');

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

  describe('in bash', () => {
    /** What Tab would offer behind a line, with = between words and without. */
    const tab = async (line: string, breaks = ' =:'): Promise<string[]> => {
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

    test('environments behind ENV=, whether or not = separates words', async () => {
      expect(await tab('make up ENV=vm_')).toEqual(['vm_stg', 'vm_prod']);
      expect(await tab('make up ENV=vm_', ' ')).toEqual(['ENV=vm_stg', 'ENV=vm_prod']);
      expect(await tab('npx makesafe up ENV=vm_p')).toEqual(['vm_prod']);
    });

    test('values, files and folders', async () => {
      expect(await tab('make help TASK=resto')).toEqual(['restore-from-dump', 'restore-from-sql']);
      expect(await tab('make restore-from-sql SQL=scripts/d')).toEqual(['scripts/db/']);
      expect(await tab('make restore-from-sql SQL=scripts/db/b')).toEqual(['scripts/db/bootstrap_roles.sql']);
      expect(await tab('make logs ENV=vm_stg S=')).toContain('db');
    });

    test('targets and their variables', async () => {
      expect(await tab('make db-reset-v')).toContain('db-reset-volume-env');
      expect(await tab('make logs TA')).toEqual(['TAIL=']);
      expect(await tab('make logs ')).toEqual(expect.arrayContaining(['ENV=', 'S=']));
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
    /** What Tab would offer. */
    const tab = async (line: string): Promise<string[]> => {
      const script = 'source completion/makesafe.fish; complete -C $argv[1]';
      const { stdout, stderr } = await scratch.start(['fish', '--no-config', '-c', script, line]).ended;
      expect(stderr).toBe('');
      return stdout
        .split('\n')
        .map((row) => row.split('\t')[0]!)
        .filter(Boolean);
    };

    test('targets, their variables and values', async () => {
      expect(await tab('make db-reset-v')).toContain('db-reset-volume-env');
      expect(await tab('make up ENV=vm_')).toEqual(expect.arrayContaining(['ENV=vm_stg', 'ENV=vm_prod']));
      expect(await tab('npx makesafe logs TA')).toEqual(['TAIL=']);
      expect(await tab('npx makesafe restore-from-sql SQL=scripts/db/boot')).toEqual([
        'SQL=scripts/db/bootstrap_roles.sql',
      ]);
    });
  });

  describe.skipIf(!HAS_ZSH)('in zsh', () => {
    /** A zsh with a terminal of its own, in which Tab is pressed. */
    const tab = async (line: string): Promise<string> => {
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

    test('environments behind ENV=, targets and their variables', async () => {
      expect(await tab('make up ENV=vm_p')).toBe('make up ENV=vm_prod ');
      expect(await tab('make logs TA')).toBe('make logs TAIL=');
      expect(await tab('make restore-from-sql SQL=scripts/d')).toBe('make restore-from-sql SQL=scripts/db/');
      expect(await tab('make help TASK=journ')).toBe('make help TASK=journal ');
      expect(await tab('make db-dump-s')).toBe('make db-dump-schema-env ');
      expect(await tab('npx makesafe up ENV=vm_s')).toBe('npx makesafe up ENV=vm_stg ');
    });
  });
});
