import type { Redactor } from '../../output/redact.ts';
import { type ComposeConfig } from './config/config.ts';
import type { DatabaseSettings } from './connection/login.ts';
/** What the resolved configuration calls things, and what it keeps secret. */
export declare function readConfigTo(
  redactor: Redactor,
  config: ComposeConfig,
  { user, name: database, password }: DatabaseSettings,
): void;
