/** Bytes of a response (GET), or of an upload with a response of 28 bytes (POST), by name. */
export const sizes = { '28B': 28, '16KiB': 16_384, '1MiB': 1_048_576 };
/** Bytes of the response to a POST. */
export const shortAnswer = sizes['28B'];

/** Every case by its name: `28B-get-keepalive`, `16KiB-post-new`, ... */
export const cases = new Map(
  Object.entries(sizes).flatMap(([size, bytes]) =>
    ['get', 'post'].flatMap((method) =>
      ['keepalive', 'new'].map((connection) => {
        const name = `${size}-${method}-${connection}`;
        const uploads = method === 'post';
        return [
          name,
          {
            name,
            method: method.toUpperCase(),
            path: uploads ? '/upload' : `/${size}`,
            sentBytes: uploads ? bytes : 0,
            answerBytes: uploads ? shortAnswer : bytes,
            headers: connection === 'new' ? { Connection: 'close' } : {},
          },
        ];
      }),
    ),
  ),
);
