import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../../testkit/src/fake-clock.ts';
import { createTestAuthority } from '../../../../testkit/src/certificates.ts';
import { createPresentedCertificates } from '../../tls/presented-certificates.ts';
import type { ConfigurationLabels } from './configuration-labels.ts';
import { createConfigurationMetrics } from './configuration-metrics.ts';
import { parseExposition } from './exposition.testkit.ts';
import { writeText } from './text.ts';

const configured = (faulty: boolean, routers = 3, broken = 0): ConfigurationLabels => ({
  routers: new Map(Array.from({ length: routers }, (_, index) => [`r${index}@file`, 's@file'])),
  broken,
  brokenMiddlewares: [],
  services: [],
  middlewares: [],
  stores: [],
  issuers: [],
  faulty,
});

function start(speaks = true) {
  const clock = createFakeClock();
  const certificates = createPresentedCertificates();
  const metrics = createConfigurationMetrics({ clock, speaks, certificates: () => certificates.list() });
  return { clock, metrics, certificates, seen: () => parseExposition(writeText({ series: metrics.read() })) };
}

describe('configurations', () => {
  it('are counted, with errors too, and the last valid one has a timestamp', async () => {
    const { clock, metrics, seen } = start();
    metrics.loaded(configured(false));
    const good = clock.now() / 1000;
    expect(seen().sum('grantgate_config_last_reload_successful')).toBe(1);
    await clock.advance(60_000);
    metrics.loaded(configured(true, 3, 1));
    expect(seen().sum('grantgate_config_reloads_total')).toBe(2);
    expect(seen().sum('grantgate_config_reload_failures_total')).toBe(1);
    expect(seen().sum('grantgate_config_last_reload_success_timestamp_seconds')).toBe(good);
    expect(seen().sum('grantgate_config_last_reload_successful')).toBe(0);
    expect(seen().sum('grantgate_config_routers', { state: 'sound' })).toBe(2);
    expect(seen().sum('grantgate_config_routers', { state: 'broken' })).toBe(1);
  });

  it('are counted by only one of several processes', () => {
    const { metrics } = start(false);
    metrics.loaded(configured(false));
    expect(writeText({ series: metrics.read() })).toBe('');
  });
});

describe('certificates', () => {
  const authority = createTestAuthority();
  const name = 'grantgate_certificate_not_after_timestamp_seconds';

  it('have an expiry time; a renewed one replaces the old', () => {
    const { certificates, seen } = start();
    const [one, two, renewed] = ['one.example.com', 'two.example.com', 'one.example.com'].map((host) =>
      authority.issue(host, [host]),
    );
    certificates.set('web', [one!, two!, two!]);
    certificates.set('other', [{ cert: Buffer.from(one!.cert) }]);
    const { validTo, serialNumber } = new X509Certificate(one!.cert);
    expect(seen().sum(name, { entrypoint: 'web', cn: 'one.example.com', serial: serialNumber })).toBe(
      Date.parse(validTo) / 1000,
    );
    expect(seen().samples.size).toBe(2 + 3 + 2 + 2);
    certificates.set('web', [renewed!]);
    const { serialNumber: later } = new X509Certificate(renewed!.cert);
    expect(seen().sum(name, { entrypoint: 'web', serial: later })).toBeGreaterThan(0);
    expect(seen().sum(name, { entrypoint: 'web', cn: 'two.example.com' })).toBe(0);
  });
});
