/** Where the API server serves a kind: all of it, one namespace of it, or one object. */
export function resourcePath(
  { apiVersion, kind, namespace }: { apiVersion: string; kind: string; namespace?: string | undefined },
  name?: string,
): string {
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  const one = name === undefined ? "" : `/${encodeURIComponent(name)}`;
  return `${group}${scope}/${pluralOf(kind)}${one}`;
}

/** Kubernetes names resources by the plain rules of English; asking it for the names would cost a request per group at each start. */
function pluralOf(kind: string): string {
  const singular = kind.toLowerCase();
  if (/[^aeiou]y$/.test(singular)) return `${singular.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(singular) ? `${singular}es` : `${singular}s`;
}
