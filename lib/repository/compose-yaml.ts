import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { readText } from '../system/read-bounded.ts';
import { isPresent } from './project.ts';

/** The parts of a compose file that makesafe uses, as the file states them. */
export interface Raw {
  readonly name?: string;
  readonly include?: readonly (string | { readonly path?: string | readonly string[] })[];
  readonly services?: Readonly<Record<string, RawService | null>>;
}
export interface RawService {
  readonly image?: string;
  readonly build?:
    string | { readonly context?: string; readonly dockerfile?: string; readonly target?: string };
  readonly environment?: Readonly<Record<string, string | number | boolean | null>> | readonly string[];
  readonly volumes?: readonly (string | { readonly source?: string; readonly target?: string })[];
  readonly env_file?: string | readonly (string | { readonly path?: string; readonly required?: boolean })[];
  readonly command?: string | readonly string[] | null;
  readonly entrypoint?: string | readonly string[] | null;
  readonly ports?: readonly unknown[];
  readonly working_dir?: string;
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly extends?: string | { readonly service?: string; readonly file?: string };
}

/** @throws Error if the file is not YAML */
export const readRaw = (root: string, file: string): Raw =>
  // Ignore unknown tags: compose has its own, such as !reset.
  (parse(readText(join(root, file), { as: file }), { merge: true, logLevel: 'error' }) ?? {}) as Raw;

/** Whether a file of any name is a compose file: services, each of which says how it runs or what it changes. */
export function isCompose(raw: unknown): raw is Raw {
  const services = (raw as Raw | null)?.services;
  if (typeof services !== 'object' || services === null || Array.isArray(services)) return false;
  const all = Object.values(services);
  return (
    all.length > 0 && all.every((one) => one === null || (typeof one === 'object' && !Array.isArray(one)))
  );
}

/** Merges files without compose, which may not be installed, or may stop at a file that is missing here. */
export function readTogether(root: string, files: readonly string[]): Raw {
  const services: Record<string, RawService> = {};
  let name: string | undefined;
  const take = (file: string, depth: number): void => {
    const raw = readRaw(root, file);
    if (typeof raw !== 'object') return;
    for (const included of raw.include ?? []) {
      const paths = typeof included === 'string' ? [included] : [included.path ?? []].flat();
      for (const path of paths) {
        const inside = join(dirname(file), path);
        if (depth < 5 && isPresent(root, inside)) take(inside, depth + 1);
      }
    }
    for (const [key, own] of Object.entries(raw.services ?? {}))
      services[key] = { ...services[key], ...extended(root, file, raw, own ?? {}, 0) };
    name = raw.name ?? name;
  };
  for (const file of files) take(file, 0);
  return { services, ...(name === undefined ? {} : { name }) };
}

/** A service together with what it takes from another one by `extends`. */
function extended(root: string, file: string, raw: Raw, service: RawService, depth: number): RawService {
  if (service.extends === undefined || depth === 5) return service;
  const { service: from, file: path } =
    typeof service.extends === 'string' ? { service: service.extends, file: undefined } : service.extends;
  const other = path === undefined ? file : join(dirname(file), path);
  if (from === undefined || !isPresent(root, other)) return service;
  const there = other === file ? raw : readRaw(root, other);
  return { ...extended(root, other, there, there.services?.[from] ?? {}, depth + 1), ...service };
}
