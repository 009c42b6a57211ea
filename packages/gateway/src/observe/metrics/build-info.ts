import { toSeries, type SeriesByName } from './series.ts';

/** What is the same for every process. */
export const toBuildInfo = (version: string): SeriesByName => ({
  grantgate_build_info: [toSeries({ version, node: process.version }, 1)],
});
