import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nkeyOfSeed } from "#adapters/nats/nkey.ts";
import { sealingKeyId } from "#adapters/sealing-key-id.ts";
import { objectNameOf } from "#core/model/ids.ts";
import { renewCredentials } from "../../cell-agent/keys/credentials.ts";
import { type NetworkKeys, newNetworkKeys } from "../../cell-agent/keys/network-keys.ts";
import { nextKeys } from "../../cell-agent/keys/rotate-keys.ts";
import { manifestsOf } from "../../cell-agent/manifests-of.ts";
import { plan } from "../../cell-agent/plan.ts";
import { anInstance, appliedWorld, ingredients, network, now } from "./a-network.ts";

const first = newNetworkKeys("net-1", now);
const idOf = (key: string) => sealingKeyId(Buffer.from(key, "base64url"));
const rotate = (keys: NetworkKeys, rotation: number, sealedWith?: string) => nextKeys(keys, { rotation, sealedWith });

describe("a rotation of a network's keys", () => {
  it("makes anew what can be made anew while the broker runs, and leaves it the rest byte for byte", () => {
    const second = rotate(first, 1, idOf(first.sealingKey));
    expect(second).toMatchObject({ rotation: 1, activeSigningKey: 1, sealingKeyPrevious: first.sealingKey });
    expect(second.sealingKey).not.toBe(first.sealingKey);
    for (const account of ["system", "orchestrator"] as const) {
      expect(second[account].userSeed).not.toBe(first[account].userSeed);
      expect({ ...second[account], userSeed: "" }).toEqual({ ...first[account], userSeed: "" });
    }
    expect(second.operatorJwt).toBe(first.operatorJwt);
    expect(second.signingSeeds).toEqual(first.signingSeeds);
  });

  it("takes only signing keys that the operator's JWT names, however often it is done", () => {
    const named: string[] = JSON.parse(Buffer.from(first.operatorJwt.split(".")[1] ?? "", "base64url").toString()).nats
      .signing_keys;
    let keys = first;
    const used = new Set<string>();
    for (let rotation = 1; rotation <= 24; rotation++) {
      keys = rotate(keys, rotation);
      used.add(nkeyOfSeed(keys.signingSeeds[keys.activeSigningKey] ?? "").public);
      keys = rotate(keys, rotation, idOf(keys.sealingKey));
    }
    expect([...used].sort()).toEqual([...named].sort());
  });

  it("never drops a sealing key that something is sealed with, whatever is asked when", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("ask" as const) }),
      fc.record({ do: fc.constant("look" as const) }),
      fc.record({ do: fc.constant("seal" as const) }),
      fc.record({ do: fc.constant("forget" as const) }),
    );
    void fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let [keys, wanted, said, sealed]: [NetworkKeys, number, string | undefined, string] = [
          ...[first, 0, undefined, first.sealingKey],
        ] as [NetworkKeys, number, string | undefined, string];
        for (const { do: what } of steps) {
          if (what === "ask") wanted += 1;
          if (what === "look") keys = rotate(keys, wanted, said);
          if (what === "seal") [sealed, said] = [keys.sealingKey, idOf(keys.sealingKey)];
          if (what === "forget") said = undefined;
          expect([keys.sealingKey, keys.sealingKeyPrevious]).toContain(sealed);
        }
        // And it gets there, once everybody did their part.
        for (let round = 0; round < 3; round++) {
          keys = rotate(keys, wanted, idOf(keys.sealingKey));
        }
        expect(keys.rotation).toBe(wanted);
        expect(keys.sealingKeyPrevious).toBeUndefined();
      }),
    );
  });

  it("changes nothing where nothing is due", () => {
    expect(rotate(first, 0, idOf(first.sealingKey))).toBe(first);
    const second = rotate(rotate(first, 5), 5, undefined);
    expect(rotate(second, 5)).toBe(second);
    expect(rotate(second, 4)).toBe(second);
  });
});

describe("the manifests after a rotation", () => {
  const made = ingredients();
  const at = (keys: NetworkKeys) => {
    const instance = objectNameOf(network);
    const asked = { instance, keys, authorities: made.authorities, natsNames: [made.addresses.host], now };
    return manifestsOf(anInstance(), { ...made, keys, credentials: renewCredentials(made.credentials, asked) });
  };
  const changed = (from: NetworkKeys, to: NetworkKeys): string[] => {
    return plan(at(to), appliedWorld(at(from).flat()))
      .apply.flat()
      .map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  };
  const rotated = rotate(made.keys, 1);

  it("start a new orchestrator and give the broker a new certificate, which is not started anew", () => {
    expect(at(rotated)).toHaveLength(5);
    const credentials = renewCredentials(made.credentials, {
      ...{ instance: objectNameOf(network), keys: rotated, authorities: made.authorities },
      ...{ natsNames: [made.addresses.host], now },
    });
    expect(credentials.nats.certPem).not.toBe(made.credentials.nats.certPem);
    expect(credentials.orchestratorJwt).not.toBe(made.credentials.orchestratorJwt);
    expect(changed(made.keys, rotated)).toEqual(
      expect.arrayContaining(["Secret/orchestrator", "Secret/nats", "Deployment/orchestrator"]),
    );
    expect(changed(made.keys, rotated)).toHaveLength(3);
  });
});
