import type { Redactor } from '../../output/redact.ts';
import { secretsOf, type ComposeConfig } from './config/config.ts';
import type { DatabaseSettings } from './connection/login.ts';

/** Tells the redactor which words of the resolved configuration are names, and which are secrets. */
export function readConfigTo(
  redactor: Redactor,
  config: ComposeConfig,
  { user, name: database, password }: DatabaseSettings,
): void {
  const { services, volumes = {}, networks = {} } = config;
  for (const [name, { image, container_name, environment = {} }] of Object.entries(services)) {
    redactor.show([name, image, container_name]);
    redactor.show(['POSTGRES_USER', 'POSTGRES_DB'].flatMap((variable) => environment[variable] ?? []));
  }
  for (const [key, { name }] of Object.entries({ ...volumes, ...networks })) redactor.show([key, name]);
  redactor.show([user, database]);
  redactor.hide(password, { user });
  for (const secret of secretsOf(config)) redactor.hide(secret);
}
