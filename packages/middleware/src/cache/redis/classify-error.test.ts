import { expect, it } from 'vitest';
import { classifyError } from './classify-error.ts';
import { describeFault } from './fault.ts';

const describeError = (error: unknown): string => describeFault(classifyError(error));

const withCode = (code: string): Error =>
  Object.assign(new Error(`connect ${code} 127.0.0.1:6379`), { code });

it.each([
  [
    'WRONGPASS invalid username-password pair or user is disabled.',
    'authentication failed: wrong user or password',
  ],
  ['NOAUTH Authentication required.', 'authentication failed: a password is required'],
  ['Ready check failed: NOAUTH Authentication required.', 'authentication failed: a password is required'],
  [
    "NOPERM this user has no permissions to run the 'set' command",
    'no permission: the ACL user may not do this',
  ],
  ['ERR This instance has cluster support disabled', 'not a cluster'],
  ['MOVED 866 127.0.0.1:7001', 'a cluster, but `cluster` is not set'],
  ['CLUSTERDOWN Hash slot not served', 'the cluster is down'],
  ["OOM command not allowed when used memory > 'maxmemory'.", 'out of memory'],
  ["READONLY You can't write against a read only replica.", 'read-only'],
  ['LOADING Redis is loading the dataset in memory', 'loading its data'],
  ['ERR DB index is out of range', 'no such database'],
  [
    'All sentinels are unreachable. Retrying from scratch after 20ms. Last error: ERR No such master with that name',
    'unknown master set',
  ],
  [
    'All sentinels are unreachable. Retrying from scratch after 20ms. Last error: Connection is closed.',
    'no sentinel can be reached',
  ],
  [
    'Too many Cluster redirections. Last error: ReplyError: CLUSTERDOWN The cluster is down',
    'the cluster is down',
  ],
  ['Too many Cluster redirections. Last error: Error: Connection is closed.', 'connection closed'],
  [
    'Too many Cluster redirections. Last error: ReplyError: MOVED 866 127.0.0.1:7001',
    'too many redirections: the nodes disagree about the location of the key',
  ],
  ['Command timed out', 'time-out'],
  ["Socket timeout. Expecting data, but didn't receive any in 2000ms.", 'time-out'],
  ['Connection is closed.', 'connection closed'],
])('classifies the error "%s" of Redis or its client', (message, reason) => {
  expect(describeError(new Error(message))).toBe(reason);
});

it.each([
  ['ECONNREFUSED', 'connection refused'],
  ['ENOTFOUND', 'host name not found'],
  ['ETIMEDOUT', 'time-out'],
  ...Object.entries({
    SELF_SIGNED_CERT_IN_CHAIN: "the server's certificate is not trusted",
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the server's certificate is not trusted",
    CERT_HAS_EXPIRED: "the server's certificate is not valid at this time",
    ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another name",
    ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not support TLS',
    ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'the server requires a client certificate',
    ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the server does not trust the client certificate',
    ERR_SSL_NO_CIPHERS_AVAILABLE: 'the handshake failed',
  }).map(([code, words]) => [code, `TLS: ${words} (${code})`]),
])('classifies the error %s of Node.js', (code, reason) => {
  expect(describeError(withCode(code))).toBe(reason);
  const wrapped = Object.assign(new Error('Failed to refresh slots cache.'), {
    lastNodeError: withCode(code),
  });
  expect(describeError(wrapped)).toBe(reason);
});

it('repeats only the kind of reply of an unknown message', () => {
  const reply = new Error("ERR unknown command 'AUTH', with args beginning with: 'hunter2'");
  expect(describeError(reply)).toBe('the server responded with ERR');
  expect(describeError(new Error('hunter2 went wrong'))).toBe('unknown error');
  expect(describeError('hunter2')).toBe('unknown error');
});
