import { fileURLToPath } from 'node:url';

/** The folder of the dashboard's files in this package. */
export const dashboardFolder = fileURLToPath(new URL('../bundle/dashboard/', import.meta.url));
