import { expect, it } from 'vitest';
import { createLog } from './log.ts';

function capture(level: 'info' | 'warn', format: 'json' | 'common') {
  const lines: string[] = [];
  return { lines, log: createLog({ level, format }, { write: (text) => void lines.push(text) }) };
}

it('the log has one JSON object per line', () => {
  const { lines, log } = capture('info', 'json');
  log.info('listening', { port: 8000, host: undefined });
  const line = JSON.parse(lines[0]!) as Record<string, unknown>;
  expect(line).toMatchObject({ level: 'info', msg: 'listening', port: 8000 });
  expect(line['time']).toMatch(/^\d{4}-\d\d-\d\dT/);
  expect(line).not.toHaveProperty('pid');
});

it('the text format quotes each value, so that none can forge a line', () => {
  const { lines, log } = capture('info', 'common');
  log.warn('a problem', { place: 'a.yaml:1:2', text: 'x\ny' });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\S+ WARN a problem place="a\.yaml:1:2" text="x\\ny"\n$/);
});

it('a message stays on one line, whatever it contains', () => {
  for (const format of ['json', 'common'] as const) {
    const { lines, log } = capture('info', format);
    log.warn('a\nb\u0085c\u001b[2J', { text: 'x\ny' });
    expect(lines.join('').trimEnd().split('\n')).toHaveLength(1);
  }
});

it('records below the level are omitted', () => {
  const { lines, log } = capture('warn', 'json');
  log.info('quiet');
  log.debug('quieter');
  log.error('loud');
  expect(lines).toHaveLength(1);
});
