/** JSON merge patch (RFC 7396): members of `patch` replace those of `target`, `null` removes one, objects merge. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== "object" || Array.isArray(patch)) return patch;
  const base = target !== null && typeof target === "object" && !Array.isArray(target) ? target : {};
  const kept = Object.entries(base).filter(([name]) => !(name in patch));
  const merged = Object.entries(patch)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [name, mergePatch((base as Record<string, unknown>)[name], value)]);
  return Object.fromEntries([...kept, ...merged]);
}
