/**
 * JSON with sorted keys and no white space, so that two sides hash and sign the same bytes. `undefined` members are
 * left out, as `JSON.stringify` does.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  let text = "";
  if (Array.isArray(value)) {
    for (const item of value) text += `${text && ","}${canonicalJson(item ?? null)}`;
    return `[${text}]`;
  }
  // One string that grows: agents hash every object of every network.
  for (const key of Object.keys(value).sort()) {
    const member: unknown = value[key as keyof typeof value];
    if (member !== undefined) text += `${text && ","}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}
