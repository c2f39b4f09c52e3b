/** The database to connect to while another one is created or replaced. */
export const maintenanceDatabase = (name: string): string => (name === 'postgres' ? 'template1' : 'postgres');
