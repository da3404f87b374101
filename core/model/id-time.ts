import type { IdKind, IdOf } from "./ids.ts";

/** What ids are written with (Crockford's base 32, lower case): sorts as the numbers do. */
export const ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** The least id that can be made at a time: ids begin with theirs, so this bounds a list by time. */
export function firstIdAt<K extends IdKind>(kind: K, milliseconds: number): IdOf<K> {
  let text = "";
  for (let rest = Math.max(milliseconds, 0); text.length < 10; rest = Math.floor(rest / 32))
    text = `${ID_ALPHABET[rest % 32]}${text}`;
  return `${kind}_${text}${"0".repeat(16)}` as IdOf<K>;
}
