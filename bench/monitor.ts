import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cell } from "#core/model/cell.ts";
import type { CellDigest } from "#core/model/instance.ts";
import { type Network, NetworkSpec, type Observed } from "#core/model/network.ts";
import type { Operation } from "#core/model/operation.ts";
import { timestampOf } from "#core/model/time.ts";
import { meterNetworks } from "#core/operations/meter-networks.ts";
import { monitorCell } from "#core/operations/monitor-cell.ts";
import { placeNetwork } from "#core/operations/place-network.ts";
import { probeCell } from "#core/operations/probe-cell.ts";
import { surveyCell } from "#core/operations/survey-cell.ts";
import { sweep } from "#core/operations/sweep.ts";
import { tellSilence } from "#core/operations/tell-silence.ts";
import type { Change } from "#core/ports.ts";
import { anOperation } from "../test/builders.ts";
import { aControlPlane, sqliteIntent, type TestControlPlane } from "../test/control-plane.ts";
import { memoryCells } from "../test/memory-cells.ts";
import { percentile, print } from "./figures.ts";

const CELLS = 10;
const NETWORKS = 1_000;
/** Of a cell's networks, how many have news at each look: nodes come and go. */
const NEWS = 5;
const MINUTES = 5;

async function monitorOfOneMinute(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bench-monitor-"));
  const all = memoryCells(Date.now);
  // A real agent tells what changed since the last look, not everything.
  let looks = 0;
  const report = async (...[cell, query]: Parameters<typeof all.report>): Promise<CellDigest> => {
    const digest = await all.report(cell, query);
    looks += 1;
    const from = (looks * NEWS) % digest.networks.length;
    return { ...digest, networks: digest.networks.slice(from, from + NEWS) };
  };
  const plane = await aControlPlane({ intent: sqliteIntent(join(folder, "intent.db")), cells: { ...all, report } });
  try {
    const cells: Cell[] = [];
    for (let n = 0; n < CELLS; n++) cells.push(await plane.addCell({ limits: { networks: 1_000 } }));
    for (let n = 0; n < NETWORKS; n++) await seed(plane, cells[n % CELLS] as Cell, `network-${n}`);

    const before = process.cpuUsage();
    for (let minute = 0; minute < MINUTES; minute++) {
      plane.clock.advance(60_000);
      for (const { id } of cells) {
        for (const observed of all.in(id).values())
          all.say(id, { ...observed, nodes: { online: minute, total: NETWORKS } });
        for (let look = 0; look < 3; look++) await monitorCell(plane.deps, id, 0);
        for (let look = 0; look < 12; look++) await tellSilence(plane.deps, id);
        for (let look = 0; look < 2; look++) await surveyCell(plane.deps, id);
        for (let look = 0; look < 2; look++) await probeCell(plane.deps, id);
      }
      await meterNetworks(plane.deps);
    }
    const { user, system } = process.cpuUsage(before);
    const share = (user + system) / 1_000 / (MINUTES * 60_000);
    print(`monitor of ${NETWORKS} networks in ${CELLS} cells`, `${(share * 100).toFixed(2)} % of a core`, "≤ 2 %");
  } finally {
    await plane.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A network that has long been settled, in intent and in its cell. */
async function seed(plane: TestControlPlane, cell: Cell, name: string): Promise<void> {
  const { ids } = plane.deps;
  const { org } = plane.caller;
  const at = timestampOf(plane.clock.now());
  const id = ids.next("net");
  const operation: Operation = anOperation({ network: id, org, state: "succeeded", nextActionAt: null, endedAt: at });
  const network: Network = {
    ...NetworkSpec.parse({ name }),
    ...{ id, org, generation: 1, deleting: false, operation: operation.id, createdAt: at, updatedAt: at },
  };
  const access = { generation: 1, keys: [], issuers: [], revoked: [] };
  const spec = { org, name, release: "0.1.0", plan: "starter" as const, settings: {} };
  const address = { id: cell.id, publicUrl: "", caPem: "" };
  const observed: Observed = await plane.cells.apply(address, id, { epoch: 1, generation: 1, spec, access });
  const records: Change[] = [
    { write: "put", was: 0, kind: "network", value: network },
    { write: "put", was: 0, kind: "operation", value: operation },
    { write: "put", was: 0, kind: "placement", value: { network: id, cell: cell.id, at, reasons: [] } },
    { write: "put", was: 0, kind: "network-status", value: { network: id, cell: cell.id, observed } },
    { write: "put", was: 0, kind: "meter", value: { network: id, org, name, plan: "starter", upTo: at } },
  ];
  await plane.store.commit(records);
}

async function sweepWithNothingDue(): Promise<void> {
  const plane = await aControlPlane();
  const later = timestampOf(plane.clock.now() + 3_600_000);
  for (let n = 0; n < 10_000; n += 100)
    await plane.store.commit(
      Array.from({ length: 100 }, () => ({
        ...{ write: "put", was: 0, kind: "operation" },
        value: anOperation({ nextActionAt: later }),
      })) as Change[],
    );
  const samples = await timed(20, () => sweep(plane.deps));
  print("sweep over 10,000 networks with nothing due", `${percentile(samples, 0.99).toFixed(1)} ms`, "≤ 100 ms");
  await plane.close();
}

async function placementOverManyCells(): Promise<void> {
  const plane = await aControlPlane();
  for (let n = 0; n < 1_000; n++) await plane.addCell();
  const inputs: { schemaVersion: 1; operation: string; attempt: number }[] = [];
  for (let n = 0; n < 25; n++) {
    const operation = anOperation({ org: plane.caller.org });
    const at = operation.createdAt;
    const network: Network = {
      ...NetworkSpec.parse({ name: `network-${n}` }),
      ...{ id: operation.network, org: operation.org, generation: 1, deleting: false, operation: operation.id },
      ...{ createdAt: at, updatedAt: at },
    };
    await plane.store.commit([
      { write: "put", was: 0, kind: "network", value: network },
      { write: "put", was: 0, kind: "operation", value: operation },
    ]);
    inputs.push({ schemaVersion: 1, operation: operation.id, attempt: 1 });
  }
  const samples = await timed(inputs.length, (n) => placeNetwork(plane.deps, inputs[n] as (typeof inputs)[number]));
  const warm = samples.slice(5);
  print("placement over 1,000 cells, read and written, p50", `${percentile(warm, 0.5).toFixed(1)} ms`, "≤ 50 ms");
  print("placement over 1,000 cells, read and written, p99", `${percentile(warm, 0.99).toFixed(1)} ms`);
  await plane.close();
}

async function timed(times: number, act: (n: number) => Promise<unknown>): Promise<number[]> {
  const samples: number[] = [];
  for (let n = 0; n < times; n++) {
    const begun = performance.now();
    await act(n);
    samples.push(performance.now() - begun);
  }
  return samples;
}

await monitorOfOneMinute();
await sweepWithNothingDue();
await placementOverManyCells();
