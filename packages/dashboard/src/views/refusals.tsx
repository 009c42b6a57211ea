import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { RecentRefusal } from '../../../gateway/src/admin/api/shapes.ts';
import { toCurlCommand } from '../curl.ts';
import { changeParameters, useLive, useNow, useResource } from '../dashboard.tsx';
import { Badge, Outside, pageOf, Time } from '../parts/common.tsx';
import { Results } from '../parts/results.tsx';
import { Filters, SearchField, SelectField } from '../parts/filters.tsx';
import { codeWords, formatMilliseconds } from '../text.ts';
import type { ViewLocation } from '../view-location.ts';
import { formatViewLocation } from '../view-location.ts';

const perPage = 20;

export function RefusalsView({ location }: { readonly location: ViewLocation }): JSX.Element {
  const { refusals: version, configuration, overview } = useLive();
  const now = useNow();
  const { search = '', code = '' } = location.parameters;
  const page = pageOf(location.parameters);
  const refusals = useResource<readonly RecentRefusal[]>(
    'requests/recent',
    { search, code, page, per_page: perPage },
    `${version} ${configuration}`,
  );
  const filter = (change: Readonly<Record<string, string>>): void =>
    changeParameters(location, { page: '', ...change });
  const codes = Array.from(new Set([...Object.keys(overview?.requests.byCode ?? {}), code]))
    .filter(Boolean)
    .sort();
  return (
    <>
      <h1>Refusals</h1>
      <p class="lead">The last 200 requests that the gateway refused, the newest first.</p>
      <Filters>
        <SearchField
          label="Client, route, path or request ID"
          value={search}
          onChange={(value) => filter({ search: value })}
        />
        <SelectField
          label="Code"
          value={code}
          options={[['', 'All'], ...codes.map((name) => [name, codeWords(name)] as const)]}
          onChange={(value) => filter({ code: value })}
        />
      </Filters>
      <Results
        resource={refusals}
        noun="refusal"
        isLive
        empty={noRefusals(search !== '' || code !== '')}
        page={page}
        perPage={perPage}
        onPage={(value) => filter({ page: String(value) })}
      >
        {(entries) => (
          <ol class="refusals" aria-label="Refusals">
            {entries.map((refusal) => (
              <Refusal key={refusal.requestID} refusal={refusal} now={now} />
            ))}
          </ol>
        )}
      </Results>
    </>
  );
}

const noRefusals = (filtered: boolean): string =>
  filtered ? 'No refusal matches these filters.' : 'No request has been refused.';

function Refusal({ refusal, now }: { readonly refusal: RecentRefusal; readonly now: number }): JSX.Element {
  const { status, title, detail, reason, clientID, router, middleware } = refusal;
  return (
    <li>
      <div class="refusal-head">
        <Badge tone={status >= 500 ? 'bad' : 'warn'}>{status}</Badge>
        <h2>{title}</h2>
        <Time at={refusal.at} now={now} />
      </div>
      <p class="why">
        <Outside text={reason ?? detail} limit={600} />
      </p>
      <p class="request mono">
        {refusal.method} <Outside text={`${refusal.scheme}://${refusal.host}${refusal.path}`} limit={240} />
      </p>
      <dl class="fields">
        <Field title="Client">
          {clientID === null ? (
            'none'
          ) : (
            <a
              href={formatViewLocation({ view: 'refusals', parameters: { search: clientID.slice(0, 200) } })}
            >
              <Outside text={clientID} limit={60} />
            </a>
          )}
        </Field>
        <Field title="From">{refusal.clientAddress}</Field>
        <Field title="Route">
          {router === null ? (
            'none'
          ) : (
            <a href={formatViewLocation({ view: 'route', parameters: { name: router } })}>
              <Outside text={router} />
            </a>
          )}
        </Field>
        <Field title="Refused by">
          {middleware === null ? 'the gateway' : <Outside text={middleware} />}
        </Field>
        <Field title="Code">
          <code>{refusal.code}</code>
        </Field>
        <Field title="After">{formatMilliseconds(refusal.durationMs)}</Field>
        <Field title="Request ID">
          <span class="mono">
            <Outside text={refusal.requestID} />
          </span>
        </Field>
      </dl>
      <CopyCurl refusal={refusal} />
    </li>
  );
}

function Field(props: { readonly title: string; readonly children: JSX.Element | string }): JSX.Element {
  return (
    <div>
      <dt>{props.title}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

/** Shows the command, and copies it where the browser allows that: on loopback addresses and over HTTPS. */
function CopyCurl({ refusal }: { readonly refusal: RecentRefusal }): JSX.Element {
  const [shown, setShown] = useState<'hidden' | 'shown' | 'copied'>('hidden');
  const command = toCurlCommand(refusal);
  const copy = (): void => {
    setShown('shown');
    // Undefined where the page is not a secure context, despite its type.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    clipboard?.writeText(command).then(
      () => setShown('copied'),
      () => {},
    );
  };
  return (
    <div class="curl">
      <button type="button" class="quiet" onClick={copy}>
        {shown === 'copied' ? 'Copied' : 'Copy as curl'}
      </button>
      {shown !== 'hidden' && (
        <pre tabIndex={0} aria-label="Command">
          {command}
        </pre>
      )}
    </div>
  );
}
