/**
 * Lengths of the codes of the bytes 0 to 255 and of the end of a string, in bits (RFC 7541 appendix B). They define the codes: the code
 * is canonical, which means that codes of one length are consecutive numbers in the order of their bytes.
 */
const codeLengths: readonly number[] = [
  ...[13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28],
  ...[28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6],
  ...[6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7],
  ...[7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7],
  ...[7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24],
  ...[24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22],
  ...[22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20],
  ...[19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26],
  ...[28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27],
  ...[27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30],
];

const endOfString = 256;
const longestCode = 30;

const codes = toCanonicalCodes(codeLengths);

function toCanonicalCodes(lengths: readonly number[]): readonly number[] {
  const result = new Array<number>(lengths.length).fill(0);
  let code = 0;
  for (let length = 1; length <= longestCode; length += 1) {
    code *= 2;
    lengths.forEach((of, byte) => {
      if (of === length) result[byte] = code++;
    });
  }
  return result;
}

/**
 * The decoder reads four bits at a time: no code is shorter than five, so that each step ends one code at most. A step, at
 * `16 * state + bits`, holds the next state in its lower bits, then the byte it ends, and whether it ends one.
 */
const steps = new Uint32Array(16 * 256);
const stateBits = 8;
const endsByte = 0x1_0000;
const isInvalid = 0x2_0000;
/** Whether a string may end in a state: after at most seven bits, all of them 1. */
const mayEnd = new Uint8Array(256);
fillSteps();

/** A node of the tree of codes that is not the end of one. */
interface CodeNode {
  readonly state: number;
  readonly next: (CodeNode | number | undefined)[];
}

function fillSteps(): void {
  const nodes: CodeNode[] = [];
  const addNode = (): CodeNode => {
    const node: CodeNode = { state: nodes.length, next: [] };
    nodes.push(node);
    return node;
  };
  const root = addNode();
  codeLengths.forEach((length, byte) => {
    let node = root;
    for (let bit = length - 1; bit >= 0; bit -= 1) {
      const side = ((codes[byte] ?? 0) >>> bit) & 1;
      if (bit === 0) node.next[side] = byte;
      else {
        const known = node.next[side];
        node = typeof known === 'object' ? known : (node.next[side] = addNode());
      }
    }
  });
  for (const node of nodes)
    for (let bits = 0; bits < 16; bits += 1) steps[16 * node.state + bits] = toStep(root, node, bits);
  let padding: CodeNode | number | undefined = root;
  for (let length = 0; length < 8 && typeof padding === 'object'; length += 1) {
    mayEnd[padding.state] = 1;
    padding = padding.next[1];
  }
}

function toStep(root: CodeNode, from: CodeNode, bits: number): number {
  let node = from;
  let ended = 0;
  for (let bit = 3; bit >= 0; bit -= 1) {
    const next = node.next[(bits >>> bit) & 1];
    if (next === undefined || next === endOfString) return isInvalid;
    if (typeof next === 'number') {
      ended = endsByte | (next << stateBits);
      node = root;
    } else node = next;
  }
  return ended | node.state;
}

/** Strings are decoded into it one after the other. */
let decoded = Buffer.allocUnsafeSlow(4096);

/** @returns the string that `bytes` encodes from `start` to `end`, as Latin-1; undefined when they encode none. */
export function decodeHuffman(bytes: Buffer, start: number, end: number): string | undefined {
  // No code is shorter than five bits.
  const most = Math.ceil(((end - start) * 8) / 5);
  if (decoded.length < most) decoded = Buffer.allocUnsafeSlow(2 * most);
  let state = 0;
  let length = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    const first = steps[16 * state + (byte >>> 4)] ?? isInvalid;
    if (first & endsByte) decoded[length++] = first >>> stateBits;
    const second = steps[16 * (first & 0xff) + (byte & 15)] ?? isInvalid;
    if (second & endsByte) decoded[length++] = second >>> stateBits;
    if ((first | second) & isInvalid) return undefined;
    state = second & 0xff;
  }
  return mayEnd[state] === 1 ? decoded.toString('latin1', 0, length) : undefined;
}

/** Number of bytes that a Latin-1 text takes in this code. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let at = 0; at < text.length; at += 1) bits += codeLengths[text.charCodeAt(at) & 0xff] ?? 0;
  return Math.ceil(bits / 8);
}

/** Writes a Latin-1 text in this code. @returns the position after it. */
export function encodeHuffman(text: string, into: Buffer, at: number): number {
  let position = at;
  /** Bits that do not fill a byte yet, at most 7, and the next code: together they may be longer than 32 bits. */
  let held = 0;
  let heldBits = 0;
  for (let index = 0; index < text.length; index += 1) {
    const byte = text.charCodeAt(index) & 0xff;
    let left = codeLengths[byte] ?? 0;
    const code = codes[byte] ?? 0;
    while (left > 0) {
      const taken = Math.min(8 - heldBits, left);
      held = (held << taken) | ((code >>> (left - taken)) & ((1 << taken) - 1));
      heldBits += taken;
      left -= taken;
      if (heldBits === 8) {
        into[position++] = held;
        held = 0;
        heldBits = 0;
      }
    }
  }
  if (heldBits > 0) into[position++] = (held << (8 - heldBits)) | (0xff >>> heldBits);
  return position;
}
