/** Entry points that serve only routes that name them: grantgate's `admin` and Traefik's `traefik`. */
export const internalEntryPoints: readonly string[] = Object.freeze(['admin', 'traefik']);
