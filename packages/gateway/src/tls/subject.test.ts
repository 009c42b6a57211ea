import { expect, it } from 'vitest';
import { toSubjectText } from './subject.ts';

it.each([
  ['CN=client', 'CN=client'],
  [
    'C=DE\nST=BE\nL=Berlin\nO=Example, Inc\nOU=a\nOU=b\nCN=client',
    'CN=client,ST=BE,L=Berlin,OU=a+OU=b,O=Example, Inc,C=DE',
  ],
  ['CN=client\nserialNumber=7', 'SERIALNUMBER=7,CN=client'],
  ['', ''],
  [undefined, ''],
])('the subject %j is written as %j', (subject, text) => {
  expect(toSubjectText({ subject })).toBe(text);
});
