/** All ASCII characters that a JSON string contains unescaped. */
const nothingToEscape = /^[ !#-[\]-~]*$/;
/** Characters that JSON leaves unescaped, but that some readers interpret as a line end or a terminal command. */
const lineEnds = /[\u007f-\u009f\u2028\u2029]/g;

/** A string in quotes, on one line for every reader: valid JSON, and the quoting of the Common Log Format. */
export const quote = (text: string): string =>
  nothingToEscape.test(text)
    ? `"${text}"`
    : JSON.stringify(text).replace(
        lineEnds,
        (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );

/** A value without quotes must not contain separators; `-` means an empty one. */
export const toBare = (text: string): string =>
  text.replace(/[\s"\\\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '_') || '-';
