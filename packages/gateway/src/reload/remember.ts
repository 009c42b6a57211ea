/** Derives something from each object once, however often it is asked for; what is derived goes with the object. */
export function remember<T extends object, R>(derive: (item: T) => R): (item: T) => R {
  const known = new WeakMap<T, { readonly result: R }>();
  return (item) => {
    let found = known.get(item);
    if (found === undefined) known.set(item, (found = { result: derive(item) }));
    return found.result;
  };
}
