import type { ComposeConfig } from './config.ts';
/**
 * Services that may migrate by themselves when they start, or cannot do without the tables: the application's, those of its
 * image, and whatever needs the database, by way of others as well. Neither the database nor what it needs itself. Pure.
 */
export declare function waitingServices(
  { services }: Pick<ComposeConfig, 'services'>,
  databaseService: string,
  application: string,
): string[];
