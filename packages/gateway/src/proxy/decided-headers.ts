import type { Allow } from '@grantgate/middleware/decision/decision';
import { normalizeHeaderName } from '@grantgate/middleware/base/header-name';

/** Whether one of the decisions takes the place of the caller's header. @param name as `normalizeHeaderName` writes it. */
export function isReplaced(allows: readonly Allow[], name: string): boolean {
  for (const allow of allows) if (allow.removeHeaders.has(name)) return true;
  return false;
}

/** A later middleware's headers take the place of an earlier one's, as they would on the way through both. */
export function appendDecided(headers: string[], allows: readonly Allow[]): void {
  allows.forEach(({ setHeaders }, index) => {
    const later = index + 1 < allows.length ? allows.slice(index + 1) : undefined;
    for (let at = 0; at + 1 < setHeaders.length; at += 2) {
      const name = setHeaders[at] ?? '';
      if (later !== undefined && isReplaced(later, normalizeHeaderName(name))) continue;
      headers.push(name, setHeaders[at + 1] ?? '');
    }
  });
}
