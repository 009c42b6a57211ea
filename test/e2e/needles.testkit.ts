import { randomBytes } from 'node:crypto';

/** Secrets of a test, each with the place that contains it. */
export interface Needles {
  /** A new secret for a place. */
  readonly plant: (place: string, length?: number) => string;
  /** Adds a secret that another party has created. */
  readonly note: (place: string, secret: string) => string;
  readonly size: () => number;
  /** Places whose secret a text contains, unencoded or encoded. */
  readonly findIn: (text: string) => readonly string[];
}

export function createNeedles(): Needles {
  const all = new Map<string, string>();
  const note = (place: string, secret: string): string => {
    if (all.has(place)) throw new Error(`planted twice: ${place}`);
    all.set(place, secret);
    return secret;
  };
  return {
    plant: (place, length = 24) => note(place, `Nd${randomBytes(length).toString('hex')}`.slice(0, length)),
    note,
    size: () => new Set(all.values()).size,
    findIn: (text) =>
      [...all].flatMap(([place, secret]) =>
        toForms(secret).some((form) => text.includes(form)) ? [place] : [],
      ),
  };
}

/** The Base64 form depends on the bytes before a secret: the three forms of its middle cover all cases. */
function toForms(secret: string): readonly string[] {
  const encoded = [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)]);
    return bytes.toString('base64').replaceAll('=', '').slice(4, -4);
  });
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...encoded];
}
