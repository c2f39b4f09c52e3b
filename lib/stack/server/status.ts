import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';

/** Milliseconds for an answer. Who cannot answer by then is not the primary. */
const TIMEOUT = 3_000;

/**
 * Whether a status URL answers 200: then its server is the primary, for whoever keeps the cluster.
 *
 * @param ca certificates to believe, for https
 * @see https://patroni.readthedocs.io/en/latest/rest_api.html
 */
export function callsItPrimary(url: string, ca: Buffer | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(TIMEOUT);
    const get = url.startsWith('https:') ? getHttps : getHttp;
    get(url, { signal, agent: false, ...(ca === undefined ? {} : { ca }) }, (response) => {
      response.destroy();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}
