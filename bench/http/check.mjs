import { ask } from './ask.mjs';
import { basic, callers, forwarded } from './grantgate.mjs';

/** Fails unless a contender does its work: the service receives the token, and callers without credentials are refused. */
export async function checkContender(contender, server, cases) {
  const { name, port, prefix = '', sends, authenticates = false } = contender;
  const authorization = basic(callers);
  const fail = (what) => {
    throw new Error(`${name}: ${what}`);
  };
  const { status, text } = await ask(port, { path: `${prefix}/check`, headers: { authorization } });
  if (status !== 200) fail(`status ${status} instead of 200`);
  const [credentials, group] = text.split('\n');
  if (sends === undefined) {
    if (credentials !== authorization) fail('the credentials of the caller do not reach the service');
  } else {
    const token = /^Bearer (.+)$/.exec(credentials)?.[1] ?? '';
    if (server.clientOf(token) !== sends.clientId) fail('the token does not reach the service');
    if (group !== forwarded.group) fail('the header of a claim does not reach the service');
  }
  if (authenticates) {
    const refused = await ask(port, { path: `${prefix}/check` });
    if (refused.status !== 401) fail(`status ${refused.status} instead of 401 without credentials`);
  }
  for (const one of cases) {
    const body = 'x'.repeat(one.sentBytes);
    const headers = { authorization, ...(body && { 'content-length': one.sentBytes }), ...one.headers };
    const answer = await ask(port, { method: one.method, path: prefix + one.path, headers, body });
    if (answer.status !== 200) fail(`${one.name}: status ${answer.status} instead of 200`);
    if (answer.text.length !== one.answerBytes) fail(`${one.name}: ${answer.text.length} bytes of an answer`);
    if (one.sentBytes > Number(answer.headers['x-received-bytes'] ?? 0))
      fail(`${one.name}: the service got ${answer.headers['x-received-bytes']} bytes`);
  }
}
