/** A service as a compose file states it. */
export type Service = Readonly<Record<string, unknown>>;

interface Stack {
  /** What the database service has beside its image and variables. */
  readonly db?: Service;
  /** The file's other sections. */
  readonly [section: string]: unknown;
}

/** A compose file with nothing but a database: JSON is YAML, and without an application nothing is built. */
export function databaseOnly({ db = {}, ...sections }: Stack = {}): object {
  const { environment, ...rest } = db;
  const variables = ['POSTGRES_USER', 'POSTGRES_PASSWORD', 'POSTGRES_DB'];
  return {
    services: {
      db: {
        image: 'postgres:17',
        environment: {
          ...Object.fromEntries(variables.map((name) => [name, `\${${name}}`])),
          ...(environment as object | undefined),
        },
        ...rest,
      },
    },
    ...sections,
  };
}
