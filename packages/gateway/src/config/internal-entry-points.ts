/** Entry points that serve no routes unless these name them: that of grantgate's own operations, and Traefik's. */
export const internalEntryPoints: readonly string[] = Object.freeze(['admin', 'traefik']);
