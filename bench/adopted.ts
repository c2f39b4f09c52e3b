import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PROJECT, type BenchProject } from './project.ts';

/**
 * A repository that has adopted makesafe: the package as `npm pack` makes it, with links to this project's dependencies
 * instead of copies, and a makefile that includes makesafe.mk. Its environments are those of the benched project.
 */
export class AdoptedRepository {
  readonly root = mkdtempSync(join(tmpdir(), 'makesafe-bench-adopted-'));

  constructor(project: BenchProject) {
    for (const name of ['env', 'docker', 'scripts'])
      cpSync(join(project.root, name), join(this.root, name), { recursive: true });
    writeFileSync(join(this.root, 'makefile'), 'include node_modules/makesafe/makesafe.mk\n');
    writeFileSync(join(this.root, 'package.json'), '{ "name": "adopted", "private": true }\n');
    const modules = join(this.root, 'node_modules');
    mkdirSync(modules);
    const tarball = must('npm', ['pack', '--silent', '--pack-destination', this.root], PROJECT)
      .trim()
      .split('\n')
      .at(-1)!;
    must('tar', ['-xzf', join(this.root, tarball), '-C', modules], this.root);
    renameSync(join(modules, 'package'), join(modules, 'makesafe'));
    for (const name of runtimeDependencies()) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(PROJECT, 'node_modules', name), join(modules, name));
    }
  }

  /** `make …` as typed. @returns seconds */
  make(words: readonly string[], status: number): number {
    const began = performance.now();
    const ended = spawnSync('make', words, { cwd: this.root, encoding: 'utf8' });
    if (ended.status !== status)
      throw new Error(`make ${words.join(' ')} ended with ${ended.status}:\n${ended.stderr}`);
    return (performance.now() - began) / 1000;
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

function must(file: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** What `npm install --omit=dev` would install beside the package. */
function runtimeDependencies(): string[] {
  const lock = JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  return Object.entries(lock.packages)
    .filter(([path, { dev }]) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && dev !== true)
    .map(([path]) => path.slice('node_modules/'.length))
    .filter((name) => existsSync(join(PROJECT, 'node_modules', name)));
}
