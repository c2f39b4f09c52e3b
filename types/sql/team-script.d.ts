/**
 * A script of the team's own, that of the roles, as text.
 *
 * @throws ConfigurationError where it is no file, or not text, or longer than anybody would write it
 */
export declare function readTeamScript(file: string): string;
