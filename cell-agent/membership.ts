import * as z from "zod";
import { PinnedKeys } from "#core/api/cell-agent.ts";
import { JoinResponse } from "#core/api/join.ts";
import { Refusal } from "#core/errors.ts";
import { CellId } from "#core/model/ids.ts";
import type { Cluster } from "#core/ports.ts";
import { keptRef, readKept, writeKept } from "./kept.ts";

/** What the control plane told when the cell joined, and keeps up to date. All that is needed to run without it (R8). */
const Membership = z.strictObject({
  cell: CellId,
  signingKeys: PinnedKeys.shape.signingKeys,
  issuers: JoinResponse.shape.issuers,
});
export type Membership = z.infer<typeof Membership>;

const membershipRef = keptRef("Secret", "membership");
const epochRef = keptRef("ConfigMap", "epoch");
const Epoch = z.strictObject({ epoch: z.int().nonnegative() });

export interface Pinned {
  /** `undefined` before the cell joined for the first time. */
  membership(): Membership | undefined;
  epoch(): number;
  /** Resolves with the cell's id once it has joined. */
  joined(): Promise<CellId>;
  pin(membership: Membership): Promise<void>;
  /** A lower epoch changes nothing. */
  raiseEpoch(epoch: number): Promise<void>;
}

export async function openPinned(cluster: Cluster): Promise<Pinned> {
  const parseMembership = (value: unknown) => Membership.parse(value);
  const parseEpoch = (value: unknown) => Epoch.parse(value);
  let membership = await readKept(cluster, membershipRef, parseMembership);
  let epoch = await readKept(cluster, epochRef, parseEpoch);
  let announce: (cell: CellId) => void = () => {};
  const joined = new Promise<CellId>((resolve) => {
    announce = resolve;
  });
  if (membership) announce(membership.value.cell);

  return {
    membership: () => membership?.value,
    epoch: () => epoch?.value.epoch ?? 0,
    joined: () => joined,
    async pin(value) {
      if (membership && value.cell !== membership.value.cell)
        throw new Refusal("not-possible-now", `This cell is ${membership.value.cell} and cannot become ${value.cell}.`);
      if (JSON.stringify(membership?.value) !== JSON.stringify(value))
        await retryOnConflict(async () => {
          const version = (await readKept(cluster, membershipRef, parseMembership))?.version ?? "";
          membership = { value, version: await writeKept(cluster, membershipRef, { value, version }) };
        });
      announce(value.cell);
    },
    async raiseEpoch(wanted) {
      if (wanted <= (epoch?.value.epoch ?? -1)) return;
      await retryOnConflict(async () => {
        epoch = await readKept(cluster, epochRef, parseEpoch);
        if (epoch && epoch.value.epoch >= wanted) return;
        const value = { epoch: wanted };
        epoch = { value, version: await writeKept(cluster, epochRef, { value, version: epoch?.version ?? "" }) };
      });
    },
  };
}

/** How often a lost race is run again: the other one's write is done by then. */
const ATTEMPTS = 5;

export async function retryOnConflict<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof Refusal && error.kind === "conflict")) throw error;
    }
  }
}
