import { expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import type { PresentedCertificate } from '../tls/presented-certificates.ts';
import { createCertificateLog } from './certificate-log.ts';
import { createLog } from './log.ts';

const dayMs = 24 * 3600 * 1000;

function open(certificates: readonly PresentedCertificate[]) {
  const clock = createFakeClock();
  const lines: Record<string, unknown>[] = [];
  const log = createLog(
    { level: 'info', format: 'json' },
    { write: (text) => void lines.push(JSON.parse(text) as Record<string, unknown>) },
  );
  const current = [...certificates];
  const certificateLog = createCertificateLog(log, clock, { list: () => current });
  return { clock, lines, current, certificateLog };
}

const createCertificate = (notAfter: number, change: Partial<PresentedCertificate> = {}) => ({
  entryPoint: 'websecure',
  origin: '/etc/tls/api.pem',
  commonName: 'api.example.com',
  names: ['api.example.com'],
  issuer: 'Example CA',
  serial: '0A',
  notBefore: 0,
  notAfter,
  ...change,
});

it('logs a certificate once when its last 14 days begin, and once when it expires', async () => {
  const start = createFakeClock().now();
  const { clock, lines, certificateLog } = open([createCertificate(start + 20 * dayMs)]);
  certificateLog.onChange();
  await clock.advance(5 * dayMs);
  expect(lines).toEqual([]);
  await clock.advance(dayMs + 2_000);
  expect(lines).toMatchObject([
    {
      level: 'warn',
      msg: 'certificate expires soon',
      commonName: 'api.example.com',
      entryPoint: 'websecure',
      origin: '/etc/tls/api.pem',
      daysLeft: 13,
    },
  ]);
  // A reload with the same certificates logs nothing.
  certificateLog.onChange();
  await clock.advance(10 * dayMs);
  expect(lines).toHaveLength(1);
  await clock.advance(5 * dayMs);
  expect(lines[1]).toMatchObject({ msg: 'certificate expired', serial: '0A' });
  await clock.advance(5 * dayMs);
  expect(lines).toHaveLength(2);
});

it('logs a certificate that replaces another and expires soon as well', async () => {
  const start = createFakeClock().now();
  const { clock, lines, current, certificateLog } = open([createCertificate(start + 2 * dayMs)]);
  certificateLog.onChange();
  await clock.advance(2_000);
  current.splice(0, 1, createCertificate(start + 3 * dayMs, { entryPoint: '', serial: '0B' }));
  certificateLog.onChange();
  await clock.advance(2_000);
  expect(lines.map(({ serial, entryPoint }) => [serial, entryPoint])).toEqual([
    ['0A', 'websecure'],
    ['0B', undefined],
  ]);
});

it('stays silent after its end', async () => {
  const { clock, lines, certificateLog } = open([createCertificate(0)]);
  certificateLog.onChange();
  certificateLog.close();
  await clock.advance(2_000);
  expect(lines).toEqual([]);
});
