import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Task } from '../../lib/run/run.ts';
import { loadTasks } from '../../lib/task/find-tasks.ts';

const ROOT = join(import.meta.dirname, '../..');

interface Line {
  readonly place: string;
  readonly task: string;
  readonly parameters: readonly string[];
  /** Whether all of its parameters can be seen here. */
  readonly whole: boolean;
}

/** Each line that the code tells people to type, as far as its words stand in the source. */
function linesToType(): Line[] {
  const files = ['lib', 'tasks'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, file)),
  );
  return files.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const at = (index: number): string => `${file}:${text.slice(0, index).split('\n').length}`;
    const written = [
      ...text.matchAll(
        /\bmake ([a-z]+(?:-[a-z]+)+|up|down|check|backup|backups|setup|health|logs|ps|rebuild|restart|config|journal)\b((?: [A-Z_]+=(?:<[^>]*>|\$\{[^}]*\}|[^\s'"`,;:)])+)*)/g,
      ),
    ]
      // In prose of comments no line is to be typed.
      .filter(({ index }) => !/^\s*(\*|\/\/)/.test(text.slice(text.lastIndexOf('\n', index) + 1)))
      .map(({ index, 1: task, 2: words }) => ({
        ...{ place: at(index), task: task!, whole: true },
        parameters: [...words!.matchAll(/([A-Z_]+)=/g)].map(([, name]) => name!),
      }));
    // Those with a `command` of their own put ENV in by themselves.
    const own = /\bcommand(?: = |: )\(/.test(text);
    const called = own
      ? []
      : [...text.matchAll(/\bcommand\(\s*'([a-z-]+)'(?:,\s*(?:\{([^}]*)\}|\w+))?/g)].map(
          ({ index, 1: task, 2: words }) => ({
            ...{ place: at(index), task: task!, whole: words !== undefined && !words.includes('...') },
            parameters: [...(words ?? '').matchAll(/\b([A-Z_]{2,})\b(?=:|,|\s*$)/g)].map(([, name]) => name!),
          }),
        );
    return [...written, ...called];
  });
}

let tasks: Map<string, Task>;
beforeAll(async () => {
  tasks = new Map((await loadTasks(ROOT)).map((task) => [task.name, task]));
});

test('each line that a message tells people to type is one that makes something', () => {
  const lines = linesToType();
  const wrong = lines.flatMap(({ place, task, parameters, whole }) => {
    const found = tasks.get(task);
    if (!found) return [`${place}: there is no task ${task}`];
    const unknown = parameters.filter((name) => !Object.hasOwn(found.parameters, name));
    if (unknown.length > 0) return [`${place}: ${task} has no ${unknown.join(', ')}`];
    // Without it, it would only be refused.
    const missing = whole && found.definition.environment === 'typed' && !parameters.includes('ENV');
    return missing ? [`${place}: ${task} wants ENV`] : [];
  });
  expect(wrong).toEqual([]);
  expect(lines.length).toBeGreaterThan(50);
});
