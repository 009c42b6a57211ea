import type { H2SpecCase, H2SpecSection } from './case.ts';
import { getBlock, head } from './frames.ts';
import { connectionError } from './outcomes.ts';

const refusesField = (name: string, hex: string, first = false): H2SpecCase => {
  const bytes = Buffer.from(hex, 'hex');
  return {
    name: `refuses ${name}`,
    steps: [head({ block: Buffer.concat(first ? [bytes, getBlock] : [getBlock, bytes]) })],
    outcome: connectionError('COMPRESSION_ERROR'),
  };
};

/** `x-test` in the Huffman code, not indexed; its value follows. */
const test = '0085f2b24a84ff';

export const hpackCases: readonly H2SpecSection[] = [
  { section: 'hpack/2.3.3', cases: [refusesField('an index beyond both tables', 'c6')] },
  {
    section: 'hpack/4.2',
    cases: [refusesField('an update of the size of the dynamic table after the fields', '21')],
  },
  {
    section: 'hpack/5.2',
    cases: [
      refusesField('padding of a Huffman code by more than seven bits', `${test}8449509fff`),
      refusesField('padding of a Huffman code by zeros', `${test}83495090`),
      refusesField('a Huffman code with the symbol for the end of a string', `${test}87fffffffd25427f`),
    ],
  },
  { section: 'hpack/6.1', cases: [refusesField('the index 0', '80')] },
  {
    section: 'hpack/6.3',
    // 4,097 bytes; the entry point offers the default, 4,096.
    cases: [refusesField('a dynamic table that is larger than SETTINGS allow', '3fe21f', true)],
  },
];
