import type { Encoding } from './encoders.ts';

/** Encodings that a middleware offers. */
export interface Offer {
  /** Most preferred first. */
  readonly encodings: readonly Encoding[];
  /** For requests that accept any encoding; undefined: the first of `encodings`. */
  readonly defaultEncoding: Encoding | undefined;
}

interface AcceptedCoding {
  readonly name: string;
  readonly weight: number;
}

/**
 * The encoding of a response (RFC 9110 section 12.5.3): the one with the highest weight, and of equal ones the most preferred.
 *
 * @param accept value of `Accept-Encoding`. @returns undefined: the response is not encoded.
 */
export function chooseEncoding(accept: string, { encodings, defaultEncoding }: Offer): Encoding | undefined {
  const refused = new Set<string>();
  let best: AcceptedCoding | undefined;
  // `*` precedes every encoding of the same weight, as in Traefik, and `identity` follows them.
  const rank = (name: string): number =>
    name === '*' ? -1 : name === 'identity' ? encodings.length : encodings.findIndex((one) => one === name);
  for (const item of accept.split(',')) {
    const [coding = '', ...parameters] = item.split(';').map((part) => part.trim());
    const name = coding.toLowerCase();
    const isKnown = name === '*' || name === 'identity' || encodings.some((one) => one === name);
    if (!isKnown) continue;
    const weight = readWeight(parameters[0]);
    if (weight === 0) refused.add(name);
    else if (
      best === undefined ||
      weight > best.weight ||
      (weight === best.weight && rank(name) < rank(best.name))
    )
      best = { name, weight };
  }
  if (best?.name !== '*') return encodings.find((one) => one === best?.name);
  const usual = defaultEncoding ?? encodings[0];
  return usual !== undefined && !refused.has(usual) ? usual : encodings.find((one) => !refused.has(one));
}

function readWeight(parameter: string | undefined): number {
  const value = /^q=(.*)$/i.exec(parameter ?? '')?.[1];
  if (value === undefined) return 1;
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(value) ? Number(value) : 0;
}
