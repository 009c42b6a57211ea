import { expect, it } from 'vitest';
import { createLog } from './log.ts';

function capture(level: 'info' | 'warn', format: 'json' | 'common') {
  const lines: string[] = [];
  return { lines, log: createLog({ level, format }, { write: (text) => void lines.push(text) }) };
}

it('writes one JSON object a line', () => {
  const { lines, log } = capture('info', 'json');
  log.info('listening', { port: 8000, host: undefined });
  const line = JSON.parse(lines[0]!) as Record<string, unknown>;
  expect(line).toMatchObject({ level: 'info', msg: 'listening', port: 8000 });
  expect(line['time']).toMatch(/^\d{4}-\d\d-\d\dT/);
  expect(line).not.toHaveProperty('pid');
});

it('writes for people too, each value quoted so that none can forge a line', () => {
  const { lines, log } = capture('info', 'common');
  log.warn('a problem', { place: 'a.yaml:1:2', text: 'x\ny' });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\S+ WARN a problem place="a\.yaml:1:2" text="x\\ny"\n$/);
});

it('keeps a message on one line, whatever is in it', () => {
  for (const format of ['json', 'common'] as const) {
    const { lines, log } = capture('info', format);
    log.warn('a\nb\u0085c\u001b[2J', { text: 'x\ny' });
    expect(lines.join('').trimEnd().split('\n')).toHaveLength(1);
  }
});

it('omits records below its level', () => {
  const { lines, log } = capture('warn', 'json');
  log.info('quiet');
  log.debug('quieter');
  log.error('loud');
  expect(lines).toHaveLength(1);
});
