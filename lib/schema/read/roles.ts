import { ConfigurationError } from '../../errors.ts';

/** Logical names of roles, with the real name in one environment: `{ owner: 'sanbou_app_stg' }`. */
export type Roles = Readonly<Record<string, string>>;

/**
 * Maps the roles of one environment to logical names, which are the same in all environments. By default, the owner of
 * the database is `owner`. Logical names are written as `<owner>`, so that they differ from real names.
 *
 * @param existing the roles of the server, if they could be read
 * @throws ConfigurationError if two logical names mean the same role, or a role does not exist
 */
export function roleNames(
  environment: string,
  stated: Roles,
  databaseOwner: string,
  existing?: ReadonlySet<string>,
): (role: string) => string {
  const logical = new Map<string, string>();
  const problems: string[] = [];
  for (const [name, role] of Object.entries(stated)) {
    const other = logical.get(role);
    if (other !== undefined) problems.push(`${role} is both ${other} and ${name}`);
    if (existing && !existing.has(role)) problems.push(`${name} is to be ${role}, and there is no such role`);
    logical.set(role, name);
  }
  if (!logical.has(databaseOwner) && !Object.hasOwn(stated, 'owner')) logical.set(databaseOwner, 'owner');
  for (const [role, name] of logical) {
    if (existing?.has(`<${name}>`) && role !== `<${name}>`)
      problems.push(`a role is really called <${name}>`);
  }
  if (problems.length > 0) {
    throw new ConfigurationError(`roles of ${environment}: ${problems.join('; ')}`, {
      hint: 'correct roles in env/environments.ts: each logical name means one role of that server',
    });
  }
  return (role) => {
    const name = logical.get(role);
    return name === undefined ? role : `<${name}>`;
  };
}
