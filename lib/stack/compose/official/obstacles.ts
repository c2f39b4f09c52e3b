import type { Environment } from '../../../environment/resolve.ts';
import { ConfigurationError } from '../../../errors.ts';
import { failed, passed, type Outcome } from '../../../output/check-result.ts';
import { composeFile } from '../config/config.ts';
import type { Declared } from './declared.ts';
import type { Problem } from './problems.ts';

/** What the checks of a database service ask for. */
export interface Asking {
  readonly declared: () => Promise<Declared>;
  /** Whether a start now finds existing data, so that initdb does not run. */
  readonly findsData: () => Promise<boolean>;
}

/** The problems that would prevent a start of the database service. */
async function problemsOf({ declared, findsData }: Asking): Promise<readonly Problem[]> {
  const { problems } = await declared();
  if (!problems.some(({ firstStart }) => firstStart) || !(await findsData())) return problems;
  return problems.filter(({ firstStart }) => !firstStart);
}

/** @throws ConfigurationError naming all problems that would prevent a start: then nothing is started */
export async function refuseProblems(
  environment: Environment,
  service: string,
  asking: Asking,
): Promise<void> {
  const problems = await problemsOf(asking);
  if (problems.length === 0) return;
  const reasons = problems.map(
    ({ reason }) => `service ${service} of ${composeFile(environment)}: ${reason}`,
  );
  throw new ConfigurationError(`${environment.name} would not start:\n${reasons.join('\n')}`, {
    hint: [...problems.map(({ remedy }) => remedy), `then type: make check ENV=${environment.name}`].join(
      '\n',
    ),
  });
}

/** The check result of the same, for `make check`. */
export async function lookAtService(service: string, asking: Asking): Promise<Outcome> {
  const [problems, { port, method }] = await Promise.all([problemsOf(asking), asking.declared()]);
  if (problems.length > 0)
    return failed(
      problems.map(({ reason }) => reason).join('; '),
      problems.map(({ remedy }) => remedy).join('; '),
    );
  const how = method === undefined ? '' : `, and lets in by ${method}`;
  return passed(
    `${service} listens on ${port === undefined ? 'the port of its configuration file' : `port ${port}`}${how}`,
  );
}
