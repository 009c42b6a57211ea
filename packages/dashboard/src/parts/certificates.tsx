import type { JSX } from 'preact';
import type { CertificateView } from '../../../gateway/src/admin/api/certificate-shape.ts';
import type { Overview } from '../../../gateway/src/admin/api/shapes.ts';
import { useLive, useNow, useRefresh, useResource } from '../dashboard.tsx';
import { formatCount, plural } from '../text.ts';
import { Badge, Missing, Outside, Panel } from './common.tsx';

const shown = 5;
const refreshMs = 30_000;
const dayMs = 86_400_000;
/** Last days of a certificate, in which a renewal is overdue. */
const lastDays = 14;

/** Certificates that the gateway presents, the next to expire first. */
export function Certificates({ summary }: { readonly summary: Overview['certificates'] }): JSX.Element {
  const { configuration } = useLive();
  const refresh = useRefresh(refreshMs);
  const { total, nextExpiry } = summary;
  const version = `${configuration} ${refresh} ${total} ${nextExpiry ?? ''}`;
  const resource = useResource<readonly CertificateView[]>('certificates', { per_page: shown }, version);
  return (
    <Panel title="Certificates" aside={total > 0 && plural(total, 'certificate')}>
      {resource.value === undefined ? (
        <Missing resource={resource} />
      ) : resource.value.length === 0 ? (
        <p class="empty">No entry point presents a certificate.</p>
      ) : (
        <ul class="states">
          {resource.value.map((certificate) => (
            <Certificate key={JSON.stringify(certificate)} certificate={certificate} />
          ))}
        </ul>
      )}
      {total > shown && (
        <p class="caption more">{formatCount(total - shown)} more expire later; the API lists all of them.</p>
      )}
    </Panel>
  );
}

const tones = { valid: 'good', expiring: 'warn', invalid: 'bad' } as const;

function Certificate({ certificate }: { readonly certificate: CertificateView }): JSX.Element {
  const { commonName, names, entryPoints, origin, issuer, notAfter, status } = certificate;
  const title = commonName === '' ? (names[0] ?? 'without a name') : commonName;
  const others = names.filter((name) => name !== title);
  return (
    <li>
      <span class="stop-name">
        <Outside text={title} />
        <Badge tone={tones[status]}>{lifeWords(certificate)}</Badge>
      </span>
      <Life certificate={certificate} />
      <span class="detail">
        {others.length > 0 && (
          <>
            Also <Outside text={others.join(', ')} limit={160} />
            {'. '}
          </>
        )}
        {entryPoints.length > 0 ? `On ${entryPoints.join(', ')}. ` : ''}
        Until {notAfter.slice(0, 10)}, from <Outside text={issuer} />
      </span>
      {origin !== null && (
        <span class="detail mono">
          <Outside text={origin} limit={200} />
        </span>
      )}
    </li>
  );
}

function lifeWords({ daysLeft, status }: CertificateView): string {
  if (status === 'invalid') return daysLeft < 0 ? 'expired' : 'not valid yet';
  return daysLeft === 0 ? 'expires today' : `${plural(daysLeft, 'day')} left`;
}

/** The life of a certificate: what has passed, what is left, and the days in which a renewal is overdue. */
function Life({ certificate }: { readonly certificate: CertificateView }): JSX.Element {
  const now = useNow(refreshMs);
  const from = Date.parse(certificate.notBefore);
  const until = Date.parse(certificate.notAfter);
  const scale = (time: number): number =>
    Math.min(1, Math.max(0, (time - from) / Math.max(1, until - from))) * 200;
  const current = scale(now);
  const last = Math.max(current, scale(until - lastDays * dayMs));
  return (
    <svg class="life-bar" viewBox="0 0 200 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="past" width={current} height="8" />
      <rect class="rest" x={current} width={last - current} height="8" />
      <rect class="window" x={last} width={200 - last} height="8" />
    </svg>
  );
}
