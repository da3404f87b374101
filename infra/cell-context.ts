import * as z from "zod";
import { given, listOf, parse, Shared, type SharedContext, sharedOf, text, WrongContext } from "./context.ts";

const count = (what: string) =>
  text(/^\d{1,5}$/, what)
    .transform(Number)
    .optional();

/** Everything that the deploy of a cell is told: `-c cell=<name>` makes it one. */
const Cell = z.strictObject({
  ...Shared,
  cell: text(/^[a-z][a-z0-9-]{0,29}[a-z0-9]$/, "a name such as eu-1: lower-case letters, digits and hyphens"),
  /** Where its networks are found; `<cell>.<domain>` where it is left out. */
  cellDomain: Shared.domain.optional(),
  /** An EKS cluster that is there already; without it one is made. */
  cluster: text(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, "the name of an EKS cluster, of at most 63 characters").optional(),
  /** How many networks it takes. */
  networks: count("a number of networks"),
  /** Nodes of the cluster that is made, at least and at most, and what they are. */
  nodes: text(/^\d{1,4}-\d{1,4}$/, "the least and the most nodes, such as 3-12").default("3-12"),
  instance: text(/^[a-z]+\dg[a-z]*\.[a-z0-9]+$/, "an arm64 instance type such as m8g.large").default("m8g.large"),
  /** Who may call the cluster's API from outside its network: nobody where it is left out. */
  admins: listOf(text(/^\d+(\.\d+){3}\/\d+$/, "CIDRs such as 192.0.2.0/24")).default([]),
  /** Where the images of agent, orchestrator and broker are pulled from. */
  images: text(/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/, "a registry such as registry.example.com/cellplane"),
  /** Name of the secret in this region that holds a key of the platform's operators. */
  keySecret: text(/^[\w/+=.@-]{1,256}$/, "the name of a secret").default("cellplane/admin-key"),
  /** Who Let's Encrypt tells when a certificate runs out. */
  certificates: z.email("must be the e-mail address that the certificates' authority may write to"),
});

export interface CellContext extends SharedContext {
  readonly zone: string;
  readonly cell: string;
  readonly cellDomain: string;
  readonly networks: number;
  readonly images: string;
  readonly keySecret: string;
  readonly certificates: string;
  readonly cluster: { readonly existing: string } | NewCluster;
}

export interface NewCluster {
  readonly nodes: { readonly least: number; readonly most: number };
  readonly instance: string;
  readonly admins: readonly string[];
}

/** Networks of a cell where nobody said how many. */
const NETWORKS = 200;

/** What is deployed: one cell. */
export function cellContextOf(all: Readonly<Record<string, unknown>>): CellContext {
  const told = parse(Cell, all);
  const { cell, domain, zone, networks = NETWORKS, images, keySecret, certificates } = told;
  if (!zone) throw new WrongContext("A cell needs zone: the id of the hosted zone of its domain.");
  return {
    ...sharedOf(told),
    ...given({ zone, cell, networks, images, keySecret, certificates }),
    cellDomain: told.cellDomain ?? `${cell}.${domain}`,
    cluster: told.cluster ? existingOf(all, told.cluster) : newOf(told),
  };
}

function existingOf(all: Readonly<Record<string, unknown>>, existing: string): { readonly existing: string } {
  const unused = ["nodes", "instance", "admins"].filter((name) => name in all);
  if (unused.length > 0)
    throw new WrongContext(`${unused.join(", ")}: an existing cluster has nodes and doors of its own; leave it out.`);
  return { existing };
}

function newOf({ nodes, instance, admins }: z.output<typeof Cell>): NewCluster {
  const [least = 0, most = 0] = nodes.split("-").map(Number);
  // One a zone: a volume is bound to its zone, and a broker must find a node there.
  if (least < 3 || most < least)
    throw new WrongContext("nodes must be at least 3, one in each zone, and the most no fewer than the least.");
  return { nodes: { least, most }, instance, admins };
}
