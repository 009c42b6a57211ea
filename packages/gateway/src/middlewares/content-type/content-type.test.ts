import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDeferred } from '../../../../testkit/src/deferred.ts';
import { compileMiddlewares, startGatewayWith, valuesOf } from '../middlewares.testkit.ts';
import { detectContentType } from './detect.ts';

const plain = 'text/plain; charset=utf-8';
const binary = 'application/octet-stream';

describe('detectContentType', () => {
  // Results of Go's http.DetectContentType for the same bytes.
  it.each([
    ['', plain],
    ['\n \t', plain],
    ['Test', plain],
    ['{"a": 1}', plain],
    ['\x01\x02\x03', binary],
    ['\n\x01', binary],
    ['\x1b[1mbold', plain],
    ['<HtMl><bOdY>', 'text/html; charset=utf-8'],
    ['   <!DOCTYPE HTML>...', 'text/html; charset=utf-8'],
    ['<!-- a -->', 'text/html; charset=utf-8'],
    ['<!-', plain],
    ['<p', plain],
    ['<pre>', plain],
    ['\n<?xml!', 'text/xml; charset=utf-8'],
    ['%PDF-1.7', 'application/pdf'],
    ['%!PS-Adobe-3.0', 'application/postscript'],
    ['\xef\xbb\xbfa', plain],
    ['\xfe\xff\x00t', 'text/plain; charset=utf-16be'],
    ['\xff\xfet\x00', 'text/plain; charset=utf-16le'],
    ['\x00\x00\x01\x00', 'image/x-icon'],
    ['BM...', 'image/bmp'],
    ['GIF87a', 'image/gif'],
    ['GIF89a...', 'image/gif'],
    ['\x89PNG\r\n\x1a\n', 'image/png'],
    ['\xff\xd8\xff', 'image/jpeg'],
    ['RIFFb\xb8\x00\x00WAVEfmt ', 'audio/wave'],
    ['RIFF,O\n\x00AVI LIST', 'video/avi'],
    ['RIFF\x00\x00\x00\x00WEBPVP', 'image/webp'],
    ['RIFF', plain],
    ['FORM\x00\x00\x00\x00AIFF', 'audio/aiff'],
    ['MThd\x00\x00\x00\x06\x00\x01', 'audio/midi'],
    ['ID3', 'audio/mpeg'],
    ['OggS\x00', 'application/ogg'],
    ['\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom', 'video/mp4'],
    ['\x00\x00\x00\x18ftypisom\x00\x00\x00\x00mp42isom', 'video/mp4'],
    ['\x00\x00\x00\x18ftypqt  mp42\x00\x00\x00\x00isom', binary],
    ['\x00\x00\x01\x18ftypmp42', binary],
    ['\x1a\x45\xdf\xa3', 'video/webm'],
    ['\x00\x01\x00\x00', 'font/ttf'],
    ['wOF2', 'font/woff2'],
    [`${'\x00'.repeat(34)}LP`, 'application/vnd.ms-fontobject'],
    ['\x1f\x8b\x08', 'application/x-gzip'],
    ['PK\x03\x04', 'application/zip'],
    ['Rar!\x1a\x07\x01\x00', 'application/x-rar-compressed'],
    ['\x00asm\x01', 'application/wasm'],
    [`${'a'.repeat(512)}\x00`, plain],
    [`${'a'.repeat(511)}\x00`, binary],
  ])('detects %j as %s', (body, type) => {
    expect(detectContentType(Buffer.from(body, 'latin1'))).toBe(type);
  });
});

describe('contentType', () => {
  // Traefik's TestAutoDetection.
  it.each([
    [undefined, 'application/json', 'application/json'],
    [undefined, '', ''],
    [{}, 'application/json', 'application/json'],
    [{}, '', plain],
    [{ autoDetect: false }, '', ''],
  ])('of %j turns the type %j into %j', async (options, type, expected) => {
    const { send } = await startGatewayWith(options === undefined ? {} : { one: { contentType: options } }, {
      respond: (_request, response) => {
        if (type !== '') response.setHeader('Content-Type', type);
        response.end('Test');
      },
    });
    expect(valuesOf((await send('/')).headers, 'content-type').join()).toBe(expected);
  });

  it('leaves refusals unchanged', async () => {
    const { send } = await startGatewayWith({ one: { contentType: {} } }, { servers: [] });
    expect(valuesOf((await send('/')).headers, 'content-type')).toEqual(['application/problem+json']);
  });

  it('delays only a head without a type, until its body begins', async () => {
    const begin = createDeferred();
    const { gateway } = await startGatewayWith(
      { one: { contentType: {} } },
      {
        respond: (request, response) => {
          if (request.url === '/typed') response.setHeader('Content-Type', 'text/event-stream');
          response.flushHeaders();
          void begin.promise.then(() => response.end('%PDF-1.7'));
        },
      },
    );
    const open = (target: string) => {
      const socket = connect(gateway.port, '127.0.0.1').setEncoding('latin1');
      onTestFinished(() => void socket.destroy());
      socket.write(`GET ${target} HTTP/1.1\r\nHost: api.example\r\n\r\n`);
      return socket;
    };
    const untyped = open('/untyped');
    let early = '';
    untyped.once('data', (text) => (early = String(text)));
    const [typed] = (await once(open('/typed'), 'data')) as [string];
    expect(typed).toMatch(/^HTTP\/1\.1 200[^]*text\/event-stream/i);
    expect(early).toBe('');
    const arrived = once(untyped, 'data');
    begin.resolve();
    expect(await arrived).toEqual([
      expect.stringMatching(/^HTTP\/1\.1 200[^]*application\/pdf[^]*%PDF-1\.7/i),
    ]);
  });

  it('reports an unknown option', () => {
    const { problems } = compileMiddlewares('a: { contentType: { autoDetekt: true } }');
    expect(problems).toEqual([expect.stringContaining('did you mean autoDetect?')]);
  });
});
