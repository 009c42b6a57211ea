import type { JSX } from 'preact';
import type { AuthorizationServerView } from '../../../gateway/src/admin/api/shapes.ts';
import { codeWords, formatCount, formatRelative, plural } from '../text.ts';
import { Badge, Outside, Time } from './common.tsx';
import { Latency } from './latency.tsx';

const tones = { healthy: 'good', failing: 'bad', unused: 'neutral' } as const;

const useWords: Readonly<Record<AuthorizationServerView['use'], string>> = {
  token: 'Token endpoint',
  introspection: 'Introspection endpoint',
  metadata: 'Metadata of an issuer',
  keys: 'Key set',
};

/** Requests for metadata and keys are few, so their latency is not measured, and no circuit breaker suspends them. */
const hasLimits = ({ use }: AuthorizationServerView): boolean => use === 'token' || use === 'introspection';

export function AuthorizationServerCard(props: {
  readonly server: AuthorizationServerView;
  readonly now: number;
}): JSX.Element {
  const { server, now } = props;
  return (
    <article class="card">
      <header>
        <h3>
          <Outside text={server.endpoint} />
        </h3>
        <Badge tone={tones[server.status]}>{server.status}</Badge>
      </header>
      <p class="caption">
        {useWords[server.use]}
        {server.middlewares.length > 0 && (
          <>
            {' of '}
            <Outside text={server.middlewares.join(', ')} limit={200} />
          </>
        )}
      </p>
      {hasLimits(server) && (
        <>
          <Latency latency={server.latencyMs} />
          <p>{breakerWords(server, now)}</p>
        </>
      )}
      <p>
        {plural(server.requests, 'request')}, {formatCount(server.failures)} failed
        {hasLimits(server) && `, ${formatCount(server.inFlight)} in flight`}
        {server.waiting > 0 && `, ${formatCount(server.waiting)} waiting`}
      </p>
      {server.retryAfter && (
        <p class="warn">
          {plural(server.retryAfter.clients, 'client')} must wait, the last until{' '}
          <Time at={server.retryAfter.until} now={now} />
        </p>
      )}
      <p>
        {server.lastSuccess ? (
          <>
            Last success <Time at={server.lastSuccess} now={now} />
          </>
        ) : (
          'No success yet'
        )}
      </p>
      <LastFailure failure={server.lastFailure} now={now} />
    </article>
  );
}

function breakerWords({ breaker, breakerOpenUntil }: AuthorizationServerView, now: number): string {
  if (breaker === 'closed') return 'Circuit breaker closed: requests are sent';
  if (breaker === 'halfOpen') return 'Circuit breaker half-open: one request is tried';
  const until = breakerOpenUntil ? `, next attempt ${formatRelative(Date.parse(breakerOpenUntil), now)}` : '';
  return `Circuit breaker open: no requests are sent${until}`;
}

const failureWords: Readonly<Record<string, string>> = {
  unavailable: 'could not be reached',
  timeout: 'timed out',
  credentials_refused: 'refused the credentials',
  request_rejected: 'rejected the request',
  response_invalid: 'sent an invalid response',
};

function LastFailure(props: {
  readonly failure: AuthorizationServerView['lastFailure'];
  readonly now: number;
}): JSX.Element | null {
  const { failure, now } = props;
  if (failure === null) return null;
  return (
    <p class="failure">
      Last failure <Time at={failure.at} now={now} />:{' '}
      {failureWords[failure.reason] ?? codeWords(failure.reason)}
      {failure.clientID !== '' && (
        <>
          {' for client '}
          <Outside text={failure.clientID} limit={60} />
        </>
      )}
      <span class="detail">
        <Outside text={failure.detail} limit={300} />
      </span>
    </p>
  );
}
