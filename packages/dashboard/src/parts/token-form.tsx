import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { useDashboard } from '../dashboard.tsx';

/** Asks for the API's token. It stays in memory until the page is closed. */
export function TokenForm(): JSX.Element {
  const { client, live } = useDashboard();
  const input = useRef<HTMLInputElement>(null);
  const submit = (event: Event): void => {
    event.preventDefault();
    const token = input.current?.value ?? '';
    if (token === '') return;
    client.setToken(token);
    live.connect();
  };
  return (
    <form class="panel token-form" onSubmit={submit}>
      <h1>Token needed</h1>
      <p>
        This gateway requires the token of <code>api.actionsToken</code> for reads. It is kept in memory and
        forgotten when you close or reload this page.
      </p>
      <label>
        Token
        <input ref={input} type="password" autoComplete="off" spellcheck={false} required />
      </label>
      <button type="submit">Continue</button>
    </form>
  );
}
