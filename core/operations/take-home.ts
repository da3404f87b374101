import { Refusal } from "../errors.ts";
import type { Dependencies } from "./dependencies.ts";

/**
 * Makes `region` the fleet's home, at the epoch after `epoch`. Whoever knows another epoch than there is decides on old news and is
 * refused; a repeat changes nothing. Cells hear of it from the monitor and by the next order, and refuse the old home from then on.
 */
export async function takeHome(
  { store, log }: Pick<Dependencies, "store" | "log">,
  { region, epoch }: { readonly region: string; readonly epoch: number },
): Promise<{ readonly epoch: number; readonly home: string }> {
  const fleet = await store.get("fleet", "fleet");
  const now = fleet?.value ?? { epoch: 1, home: undefined };
  if (now.home === region && now.epoch === epoch + 1) return { epoch: now.epoch, home: region };
  if (now.epoch !== epoch)
    throw new Refusal(
      "conflict",
      `The fleet is at epoch ${now.epoch} with its home in ${now.home ?? "no region"}, not at ${epoch}.`,
    );

  const next = { id: "fleet" as const, epoch: epoch + 1, home: region };
  await store.commit([{ write: "put", was: fleet?.version ?? 0, kind: "fleet", value: next }]);
  log("warn", "home taken over", { region, from: now.home, epoch: next.epoch });
  return { epoch: next.epoch, home: region };
}
