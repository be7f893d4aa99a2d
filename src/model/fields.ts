// SPDX-License-Identifier: Apache-2.0
// Objects with a field for each of some keys, made key by key: the compiler knows the type of every field, and nobody writes them down twice.

/** An object with these fields. */
export function assembled<Whole extends object>(
  keys: readonly (keyof Whole)[],
  fieldOf: <Key extends keyof Whole>(key: Key) => Whole[Key],
): Whole {
  const part: Partial<Whole> = {};
  for (const key of keys) part[key] = fieldOf(key);
  return whole(part, keys);
}

/** A list of values, or None, for each field of a point. */
export type Lists<Point, None = never> = { [Key in keyof Point]: readonly Point[Key][] | None };

export function listsOf<Point extends object, None = never>(
  keys: readonly (keyof Point)[],
  listOf: <Key extends keyof Point>(key: Key) => readonly Point[Key][] | None,
): Lists<Point, None> {
  const lists: Partial<Lists<Point, None>> = {};
  for (const key of keys) lists[key] = listOf(key);
  return whole<Lists<Point, None>>(lists, keys);
}

/** The same object, now that all of these are there. Throws TypeError where one is not. */
export function whole<Whole extends object>(part: Partial<Whole>, keys: readonly (keyof Whole)[]): Whole {
  if (hasAll(part, keys)) return part;
  throw new TypeError(`there is not a field for each of ${keys.map(String).join(', ')}`);
}

function hasAll<Whole extends object>(part: Partial<Whole>, keys: readonly (keyof Whole)[]): part is Whole {
  return keys.every((key) => key in part);
}
