import * as z from "zod";
import { type Certified, createCa, validityOf } from "#adapters/x509.ts";
import { Refusal } from "#core/errors.ts";
import { type CaTerm, caRotation } from "#core/model/ca-rotation.ts";
import type { Cluster } from "#core/ports.ts";
import { keptRef, readKept, writeKept } from "../kept.ts";

const CA_DAYS = 3_650;

const CaPair = z.strictObject({ certPem: z.string(), keyPem: z.string() });
/** Oldest first. Cells of before kept one pair alone. */
const Generations = z.union([CaPair.transform((pair) => [pair]), z.array(CaPair).min(1)]);

/** A certificate authority of the cell: the pair that signs now, and all that is trusted now. */
export interface Authority extends Certified {
  /** The certificates of every generation that is in force, in one PEM text. */
  readonly trustPem: string;
}

/** One generation as an authority. */
export const soleAuthority = (ca: Certified): Authority => ({ ...ca, trustPem: ca.certPem });

/**
 * The authority as it is now, after the next generation was made where that is due. Of two agents that make it at once one wins, and
 * the other takes what the winner made.
 */
export async function currentAuthority(
  cluster: Cluster,
  { name, title, now }: { name: string; title: string; now: number },
): Promise<Authority> {
  const ref = keptRef("Secret", name);
  const read = () => readKept(cluster, ref, (value) => Generations.parse(value));
  const kept = await read();
  const next = nextGenerations(kept?.value ?? [], title, now);
  if (kept && next === kept.value) return authorityOf(next, now);
  try {
    await writeKept(cluster, ref, { value: next, version: kept?.version ?? "" });
    return authorityOf(next, now);
  } catch (error) {
    if (!(error instanceof Refusal && error.kind === "conflict")) throw error;
  }
  const won = await read();
  if (!won) throw new Refusal("unavailable", `Secret ${name} was taken away while it was made.`);
  return authorityOf(won.value, now);
}

/** The generations to keep: the same value where nothing is due. */
export function nextGenerations(held: readonly Certified[], title: string, now: number): readonly Certified[] {
  const { next, trusted } = caRotation(held.map(termOf), now);
  if (!next && trusted.length === held.length) return held;
  const inForce = trusted.flatMap((index) => held[index] ?? []);
  // Each generation has a name of its own: a verifier that looks an issuer up by name finds the right one.
  const named = `${title} ${new Date(now).toISOString().slice(0, 10)}`;
  return next ? [...inForce, createCa({ name: named, now, days: CA_DAYS })] : inForce;
}

function authorityOf(generations: readonly Certified[], now: number): Authority {
  const { signer, trusted } = caRotation(generations.map(termOf), now);
  const signing = generations[signer];
  if (!signing) throw new Refusal("unavailable", "No certificate authority is in force; the next pass makes one.");
  return { ...signing, trustPem: trusted.map((index) => generations[index]?.certPem ?? "").join("") };
}

const termOf = ({ certPem }: Certified): CaTerm => validityOf(certPem);
