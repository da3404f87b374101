import { sep } from "node:path";
import type { Container } from "../objects/shapes.ts";

/** What this cluster knows of a container that its manifest cannot: see the three rules in core/workload.ts. */
export interface Surroundings {
  /** Local port by name of container port. */
  readonly ports: Readonly<Record<string, number>>;
  /** Local path by mount path. */
  readonly mounts: Readonly<Record<string, string>>;
  /** Local port of `<service>.<namespace>.svc:<port>`. */
  readonly services: Readonly<Record<string, number>>;
}

const serviceAddress = /\b([a-z0-9][-a-z0-9]*)\.([a-z0-9][-a-z0-9]*)\.svc(?:\.cluster\.local)?:(\d{1,5})\b/g;

/** The services that environment values name, each as `<service>.<namespace>.svc:<port>`. */
export function servicesIn(
  values: readonly string[],
): { address: string; namespace: string; name: string; port: number }[] {
  return values.flatMap((value) =>
    [...value.matchAll(serviceAddress)].map(([, name = "", namespace = "", port]) => ({
      address: `${name}.${namespace}.svc:${port}`,
      namespace,
      name,
      port: Number(port),
    })),
  );
}

/** A variable of the manifest. A value that came out of a Secret or ConfigMap is taken as it is, without `$(NAME)`. */
export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly literal: boolean;
}

/** The environment of the program: the manifest's values, resolved for a machine that all pods share. */
export function environmentOf(
  variables: readonly Variable[],
  { ports, mounts, services }: Surroundings,
): Record<string, string> {
  const own = Object.entries(ports).map(([name, port]) => [portVariable(name), String(port)]);
  const fixed: Record<string, string> = { LISTEN_HOST: "127.0.0.1", ...Object.fromEntries(own) };
  const environment = { ...fixed };
  for (const { name, value, literal } of variables) {
    if (name in fixed) continue;
    const expanded = literal ? value : expand(value, environment);
    environment[name] = localPath(expanded, mounts).replaceAll(serviceAddress, (all, service, namespace, port) => {
      const local = services[`${service}.${namespace}.svc:${port}`];
      return local === undefined ? all : `127.0.0.1:${local}`;
    });
  }
  return environment;
}

export const argumentsOf = (
  { args = [] }: Pick<Container, "args">,
  environment: Readonly<Record<string, string>>,
  mounts: Readonly<Record<string, string>>,
): string[] => args.map((argument) => localPath(expand(argument, environment), mounts));

export const portVariable = (name: string): string => `PORT_${name.toUpperCase().replaceAll("-", "_")}`;

/** `$(NAME)` of what is defined, as Kubernetes does; `$$` is a dollar. */
const expand = (text: string, environment: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$\$|\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)/g, (all, name) =>
    all === "$$" ? "$" : (environment[name] ?? all),
  );

/** The longest mount path that the value is, or is below, decides. */
function localPath(value: string, mounts: Readonly<Record<string, string>>): string {
  const path = Object.keys(mounts)
    .sort((a, b) => b.length - a.length)
    .find((mount) => value === mount || value.startsWith(mount.endsWith("/") ? mount : `${mount}/`));
  const local = path === undefined ? undefined : mounts[path];
  if (path === undefined || local === undefined) return value;
  const rest = value.slice(path.length);
  return rest === "" ? local : `${local}${sep}${rest.replace(/^\/+/, "")}`;
}
