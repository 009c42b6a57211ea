import { describe, expect, it } from 'vitest';
import { listTraefikOptions } from './traefik-page.ts';
import { differences } from './traefik-differences.ts';

describe("the page about Traefik's options", () => {
  const options = [...listTraefikOptions('dynamic'), ...listTraefikOptions('static')];
  const outcomeOf = (path: string) => options.find((option) => option.path === path)?.outcome;

  it('gives a reason for every option that is not served', () => {
    expect(options.filter(({ outcome, reason }) => outcome === 'not served' && reason === '')).toEqual([]);
  });

  it('lists supported options, one row per unsupported branch, and differences', () => {
    expect(outcomeOf('http.services.NAME.loadBalancer.servers[].weight')).toBe('same');
    expect(outcomeOf('http.routers.NAME.rule')).toBe('different');
    expect(outcomeOf('tcp')).toBe('not served');
    expect(outcomeOf('tcp.routers')).toBeUndefined();
  });

  it('lists only differences of existing options', () => {
    const different = options.filter(({ outcome }) => outcome === 'different').map(({ path }) => path);
    expect(different.sort()).toEqual(Object.keys(differences).sort());
  });
});
