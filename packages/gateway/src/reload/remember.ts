/** Derives a value from each object only once. The value is freed with the object. */
export function remember<T extends object, R>(derive: (item: T) => R): (item: T) => R {
  const known = new WeakMap<T, { readonly result: R }>();
  return (item) => {
    let found = known.get(item);
    if (found === undefined) known.set(item, (found = { result: derive(item) }));
    return found.result;
  };
}
