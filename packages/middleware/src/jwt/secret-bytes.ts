/** Decodes `signingSecret` to a key. */
export const toSecretBytes = (text: string, isBase64: boolean): Buffer =>
  Buffer.from(isBase64 ? text.trim() : text, isBase64 ? 'base64' : 'utf8');
