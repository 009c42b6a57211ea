/** Memoises a function of texts that repeat. It forgets everything when it holds `max` of them. */
export function createKept<T>(make: (text: string) => T, max = 10_000): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let made = known.get(text);
    if (made === undefined) {
      made = make(text);
      if (known.size >= max) known.clear();
      known.set(text, made);
    }
    return made;
  };
}
