/** A database to stand on while another one is replaced. */
export declare const maintenanceDatabase: (name: string) => string;
