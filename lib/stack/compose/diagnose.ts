import { isPerCheckout } from '../../environment/checkout.ts';
import type { Environment } from '../../environment/resolve.ts';
import { failed, skipped, passed, type Check, type Outcome } from '../../output/check-result.ts';
import { removedCheckouts } from './checkout/removed.ts';
import { BY_PASSWORD } from './official/problems.ts';
import { lookAtService } from './official/obstacles.ts';
import { findContainer } from './containers/containers.ts';
import { runOrThrow } from './engine/docker.ts';
import { engineEndpoint } from './engine/endpoint.ts';
import { askOrThrow, engineHost } from './engine/engine.ts';
import { lookAtBuilds, lookAtOutside } from './start/outside.ts';
import { otherPasswordIn, takesPassword } from './connection/password.ts';
import { lookAtPorts } from './start/ports.ts';
import { runningConfiguration } from './running-configuration.ts';
import type { Diagnosed } from './diagnosed.ts';

const service: Check<Diagnosed> = {
  name: 'database service',
  look: ({ databaseService, asking }) => lookAtService(databaseService, asking),
};

const engine: Check<Diagnosed> = {
  name: 'engine',
  async look({ docker, engine: { ask }, environment }) {
    const [host, endpoint, version, compose] = await Promise.all([
      engineHost(ask),
      engineEndpoint(environment.entry),
      askOrThrow<{ Version: string }>(ask, '/version'),
      runOrThrow(docker('compose', 'version', '--short')),
    ]);
    const pinned = environment.entry.engine?.host;
    const found = `Docker ${version.Version}, Compose ${compose.stdout.trim()}, ${endpoint} on host ${host}`;
    if (pinned !== undefined && pinned !== host) {
      return failed(
        `${found}; pinned to host ${pinned}`,
        `go to ${pinned}, or correct engine.host in the registry`,
      );
    }
    return passed(found);
  },
};

const ports: Check<Diagnosed> = {
  name: 'ports',
  async look({ docker, engine, config, environment }) {
    const local = (await engineEndpoint(environment.entry)).startsWith('unix:');
    return lookAtPorts(docker, engine.ask, config, environment.project, local);
  },
};

const outside: Check<Diagnosed> = {
  name: 'external',
  look: ({ docker, engine, config }) => lookAtOutside(docker, engine.ask, config),
};

const builds: Check<Diagnosed> = {
  name: 'builds',
  look: ({ config }) => Promise.resolve(lookAtBuilds(config)),
};

const password: Check<Diagnosed> = {
  name: 'password',
  async look(about): Promise<Outcome> {
    const { docker, engine, environment, databaseService, settings, asking } = about;
    const container = await findContainer(engine.ask, environment.project, databaseService);
    if (container?.State.Status !== 'running') return skipped(`service ${databaseService} is not running`);
    const { method } = await asking.declared();
    if (method !== undefined && !BY_PASSWORD.includes(method))
      return skipped(`the server lets in by ${method}, and not by a password`);
    if (await takesPassword(engine, container.Id, settings))
      return passed(`the server takes the one of ${settings.user}`);
    const { message, hint } = otherPasswordIn(docker, container.Id, settings, environment);
    return failed(message, hint!.replaceAll('\n', '; '));
  },
};

/** The checks of an environment. */
export const diagnosisOf = ({ entry }: Environment): readonly Check<Diagnosed>[] => [
  ...[engine, ports, outside, builds, service, password, runningConfiguration],
  ...(isPerCheckout(entry) ? [removedCheckouts] : []),
];
