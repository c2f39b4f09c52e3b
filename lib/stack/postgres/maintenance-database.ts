/** A database to stand on while another one is replaced. */
export const maintenanceDatabase = (name: string): string => (name === 'postgres' ? 'template1' : 'postgres');
