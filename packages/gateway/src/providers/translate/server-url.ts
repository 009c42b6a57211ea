/** What is wrong with the URL of a server; undefined for a good one. */
export function findServerUrlFault(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '') return 'expected a URL such as http://10.0.0.1:8080';
  if (url.protocol === 'h2c:') return 'h2c is not supported by this version: expected http or https';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'expected an http or https URL';
  if (url.username !== '' || url.password !== '') return 'a URL must not contain credentials';
  if (url.search !== '' || url.hash !== '') return 'the URL of a server must not have a query or a fragment';
  return undefined;
}
