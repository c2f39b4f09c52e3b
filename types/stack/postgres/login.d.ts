export interface Login {
  readonly user: string;
  readonly password: string;
  readonly database: string;
}
