import type { ResourceParameter } from './resource.ts';

export const pages: readonly ResourceParameter[] = [
  { name: 'page', description: 'Page, from 1.', isNumber: true },
  { name: 'per_page', description: 'Entries of a page, up to 10,000. Default: 100.', isNumber: true },
];

export const search = (what: string): ResourceParameter => ({
  name: 'search',
  description: `Part of ${what}, in any letter case.`,
});

export const status: ResourceParameter = {
  name: 'status',
  description: 'Only entries with this status.',
  values: ['enabled', 'warning', 'disabled'],
};

export const order = (keys: readonly string[]): readonly ResourceParameter[] => [
  { name: 'sortBy', description: 'Key by which entries are sorted.', values: keys },
  { name: 'direction', description: 'Direction of `sortBy`. Default: `asc`.', values: ['asc', 'desc'] },
];
