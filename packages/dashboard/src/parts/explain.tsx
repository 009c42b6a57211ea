import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { RouterView } from '../../../gateway/src/admin/api/shapes.ts';
import type { ApiExplanation } from '../../../gateway/src/admin/api/explanation-shape.ts';
import type { ApiFailure, ApiSuccess } from '../api/client.ts';
import { useDashboard } from '../dashboard.tsx';
import { readable } from '../text.ts';
import { Badge, Outside, type Tone } from './common.tsx';

type ExplainResult = ApiSuccess<ApiExplanation> | ApiFailure;

/** A host and a path that the rule names, so that the initial form describes a request that is likely to match. */
export function exampleOf(rule: string): { readonly host: string; readonly path: string } {
  const argument = (name: string): string | undefined =>
    new RegExp(`\\b${name}\\(\\s*[\`"]([^\`"]*)[\`"]`, 'i').exec(rule)?.[1];
  return { host: argument('Host') ?? '', path: argument('Path') ?? argument('PathPrefix') ?? '/' };
}

/** Asks the gateway which router serves a request, and why the others do not. @param props.router undefined: any. */
export function ExplainForm(props: {
  readonly router?: RouterView;
  readonly entryPoints: readonly string[];
}): JSX.Element {
  const { router, entryPoints } = props;
  const { client } = useDashboard();
  const form = useRef<HTMLFormElement>(null);
  const [result, setResult] = useState<ExplainResult>();
  const example = exampleOf(router?.rule ?? '');
  const submit = (event: Event): void => {
    event.preventDefault();
    if (form.current === null) return;
    const fields = Object.fromEntries(
      Array.from(new FormData(form.current), ([name, value]) => [
        name,
        typeof value === 'string' ? value : '',
      ]),
    );
    // Without a scheme, that of the entry point is used.
    const scheme = router?.tls === undefined ? {} : { scheme: 'https' };
    void client
      .get<ApiExplanation>('explain', { ...fields, ...scheme, path: fields['path'] || '/' })
      .then(setResult);
  };
  return (
    <>
      <form ref={form} class="explain" onSubmit={submit}>
        <label class="field">
          Method
          <select name="method">
            {['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'].map((method) => (
              <option key={method}>{method}</option>
            ))}
          </select>
        </label>
        <label class="field">
          Entry point
          <select name="entryPoint">
            {entryPoints.map((name) => (
              <option key={name} value={name}>
                {name === '' ? 'Any' : name}
              </option>
            ))}
          </select>
        </label>
        <label class="field wide">
          Host
          <input name="host" defaultValue={example.host} placeholder="api.example.com" spellcheck={false} />
        </label>
        <label class="field wide">
          Path and query
          <input name="path" defaultValue={example.path} spellcheck={false} />
        </label>
        <label class="field wide">
          Header (optional)
          <input name="header" placeholder="X-Region: eu" spellcheck={false} />
        </label>
        <label class="field wide">
          Client IP (optional)
          <input name="clientIP" placeholder="192.0.2.7" spellcheck={false} />
        </label>
        <button type="submit">Explain</button>
      </form>
      <div aria-live="polite">{result && <Explanation result={result} router={router?.name} />}</div>
    </>
  );
}

const outcomes = {
  matched: ['good', 'matched'],
  refused: ['bad', 'refused'],
  no_route: ['neutral', 'no route'],
} as const satisfies Record<string, readonly [Tone, string]>;

function Explanation({
  result,
  router,
}: {
  readonly result: ExplainResult;
  /** The router of the page; undefined: none. */
  readonly router: string | undefined;
}): JSX.Element {
  if (!result.ok)
    return (
      <p class="bad">{result.status === 0 ? 'The gateway cannot be reached.' : readable(result.message)}</p>
    );
  return (
    <>
      {result.value.results.map(
        ({ entryPoint, outcome, summary, router: taken, middlewares, others, omitted }) => (
          <section key={entryPoint} class="explanation" aria-label={`Entry point ${entryPoint}`}>
            <p>
              <Badge tone={outcomes[outcome][0]}>{outcomes[outcome][1]}</Badge>{' '}
              {taken && router !== undefined && taken.name !== router && <strong>another route: </strong>}
              <Outside text={summary} limit={600} />
            </p>
            {middlewares.length > 0 && (
              <ol>
                {middlewares.map(({ name, effect }) => (
                  <li key={name}>
                    <Outside text={name} />: <Outside text={effect} limit={400} />
                  </li>
                ))}
              </ol>
            )}
            {others.length > 0 && (
              <details open={taken?.name !== router}>
                <summary>Other routes, and why they do not match</summary>
                <ul>
                  {others.map(({ name, reason }) => (
                    <li key={name} class={name === router ? 'this' : undefined}>
                      <strong>
                        <Outside text={name} />
                      </strong>
                      : <Outside text={reason} limit={400} />
                    </li>
                  ))}
                </ul>
                {omitted > 0 && <p class="caption">{omitted} more are not shown.</p>}
              </details>
            )}
          </section>
        ),
      )}
    </>
  );
}
