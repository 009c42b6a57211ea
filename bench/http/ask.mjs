import { request } from 'node:http';
import { text } from 'node:stream/consumers';

/** One request on its own connection, or on one of the agent: status, headers, text. */
export function ask(port, { path, method = 'GET', headers = {}, body = '', agent = false }) {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method, headers, agent }, async (response) => {
      try {
        resolve({ status: response.statusCode, headers: response.headers, text: await text(response) });
      } catch (error) {
        reject(error);
      }
    })
      .on('error', reject)
      .end(body);
  });
}
