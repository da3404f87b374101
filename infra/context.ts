import * as z from "zod";

/** Everything that a deploy is told, in this one place: `-c name=value`, each once, checked before anything is made. */

export const text = (pattern: RegExp, what: string) =>
  z.string(`is missing: give ${what}`).regex(pattern, `must be ${what}`);
const yesOrNo = z.enum(["true", "false"], "must be true or false").transform((value) => value === "true");
const domain = text(
  /^(?=.{4,200}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/,
  "a domain name such as cells.example.com",
);
const region = text(/^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region such as eu-central-1");
export const arn = (service: string) => text(new RegExp(`^arn:aws[a-z-]*:${service}:`), `an ARN of ${service}`);
const zone = text(/^Z[A-Z0-9]{8,32}$/, "the id of a hosted zone such as Z0123456789ABC");
export const listOf = <T extends z.ZodType<string, string>>(item: T) =>
  z
    .string()
    .transform((all) => all.split(",").filter((part) => part !== ""))
    .pipe(z.array(item));

export const Shared = {
  region,
  domain,
  /** Route 53's public zone of `domain`; without it the home makes one, to which the parent zone must delegate. */
  zone: zone.optional(),
  /** A permission boundary for every role that is made. */
  boundary: arn("iam").optional(),
  /** `owner=platform,cost-center=7` on everything that takes tags. */
  tags: listOf(text(/^[\w.:/@-]{1,128}=[\w.:/=@ -]{0,256}$/, "pairs such as owner=platform")).default([]),
};

/** One generation of a key, or two: the first signs, both are pinned. */
const generations = text(/^[1-9]\d?(,[1-9]\d?)?$/, "one generation of a key, or the one that signs and the other: 1,2")
  .default("1")
  .transform((given) => given.split(","));
const mrks = listOf(text(/^mrk-[0-9a-f]{32}$/, "the id of a multi-Region key such as mrk-0123…")).optional();

const Everywhere = z.object(Shared);

const External = {
  issuer: z.url("must be the URL of an OIDC issuer").optional(),
  audience: text(/^\S{1,255}$/, "the audience of customers' tokens").optional(),
  platformAudience: text(/^\S{1,255}$/, "the audience of operators' tokens").optional(),
};

const ControlPlane = z.strictObject({
  ...Shared,
  ...External,
  home: yesOrNo,
  /** Of the home: the other regions of the fleet, which get a replica of the table. */
  replicas: listOf(region).default([]),
  /** Of another region: the home, and the multi-Region keys that were made there. */
  homeRegion: region.optional(),
  cellCallKey: mrks,
  networkTokenKey: mrks,
  /** Which generation of each signing key signs, and which other one is pinned with it: `1`, then `1,2`, `2,1`, `2`. */
  cellCallKeys: generations,
  networkTokenKeys: generations,
  /** Whose pages may call the API from browsers; the console's where it is left out. */
  origins: listOf(text(/^https:\/\/[a-z0-9.-]+(:\d+)?$/, "origins such as https://console.example.com")).optional(),
  /** Who is told of alarms. */
  pager: z.email("must be an e-mail address").optional(),
});

/** A region of the fleet. */
export type RegionContext =
  | { readonly home: true; readonly replicas: readonly string[]; readonly people?: ExternalPeople }
  | {
      readonly home: false;
      readonly homeRegion: string;
      readonly keys: { readonly cellCalls: readonly string[]; readonly networkTokens: readonly string[] };
      readonly people: ExternalPeople;
    };

/** People who sign in somewhere else than in this stack. */
export interface ExternalPeople {
  readonly issuer: string;
  readonly audience: string;
  readonly platformAudience?: string;
}

export interface SharedContext {
  readonly region: string;
  readonly domain: string;
  readonly zone?: string;
  readonly boundary?: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ControlPlaneContext extends SharedContext {
  readonly here: RegionContext;
  readonly pager?: string;
  readonly origins: readonly string[];
  /** Generations of the signing keys: the first signs, all are pinned. */
  readonly generations: { readonly cellCalls: readonly string[]; readonly networkTokens: readonly string[] };
}

/** What was wrong, in one sentence. */
export class WrongContext extends Error {}

/** What is deployed: the control plane of a region. */
export const contextOf = (given: Readonly<Record<string, unknown>>): ControlPlaneContext => {
  const all = parse(ControlPlane, given);
  const generations = { cellCalls: all.cellCallKeys, networkTokens: all.networkTokenKeys };
  const { pager, origins = [`https://console.${all.domain}`] } = all;
  return { ...sharedOf(all), ...(pager ? { pager } : {}), origins, generations, here: regionOf(all) };
};

export function parse<S extends z.ZodType>(schema: S, given: unknown): z.output<S> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) =>
    issue.code === "unrecognized_keys"
      ? `${issue.keys.join(", ")} is not known`
      : `${String(issue.path[0])} ${issue.message}`,
  );
  throw new WrongContext(`The context of this deploy is not right (-c name=value): ${wrong.join("; ")}.`);
}

/** Leaves out what was not given, so that an optional value is there or is not. */
export const given = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

export function sharedOf({ region, domain, zone, boundary, tags }: z.output<typeof Everywhere>) {
  const pairs = tags.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]);
  return { region, domain, ...given({ zone, boundary }), tags: Object.fromEntries(pairs) } as SharedContext;
}

function regionOf(all: z.output<typeof ControlPlane>): RegionContext {
  const { home, replicas, homeRegion, cellCallKey, networkTokenKey } = all;
  const people = peopleOf(all);
  if (home) {
    if (homeRegion || cellCallKey || networkTokenKey)
      throw new WrongContext(
        "homeRegion, cellCallKey and networkTokenKey are for another region than the home; leave them out.",
      );
    if (replicas.includes(all.region))
      throw new WrongContext(`replicas names ${all.region}, which is the home itself; name the other regions only.`);
    return { home, replicas, ...(people ? { people } : {}) };
  }
  if (replicas.length > 0) throw new WrongContext("replicas are named at the home only; leave it out here.");
  if (!homeRegion || !cellCallKey || !networkTokenKey || !people || !all.zone)
    throw new WrongContext(
      "Another region than the home needs homeRegion, zone, cellCallKey, networkTokenKey, issuer and audience; the home's stack puts them out.",
    );
  if (cellCallKey.length !== all.cellCallKeys.length || networkTokenKey.length !== all.networkTokenKeys.length)
    throw new WrongContext("Each generation of a signing key needs its id here: as many, in the same order.");
  return { home, homeRegion, keys: { cellCalls: cellCallKey, networkTokens: networkTokenKey }, people };
}

function peopleOf({ issuer, audience, platformAudience }: z.output<typeof ControlPlane>): ExternalPeople | undefined {
  if (!issuer && !audience && !platformAudience) return undefined;
  if (!issuer || !audience)
    throw new WrongContext("People sign in by an issuer for an audience: give both issuer and audience, or neither.");
  return { issuer, audience, ...(platformAudience ? { platformAudience } : {}) };
}
