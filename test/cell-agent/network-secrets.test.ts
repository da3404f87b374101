import { describe, expect, it } from "vitest";
import type { KubeObject } from "#core/model/kube-object.ts";
import { isSame, networkSecretsRef, nextSecrets, secretsIn } from "../../cell-agent/keys/network-secrets.ts";
import { ingredients, network, now } from "./a-network.ts";

const instance = network.replace("_", "-");
const { keys, credentials, authorities } = ingredients();
const of = {
  ...{ instance, authorities, now, natsNames: [`${instance}.cell-1.test`] },
  wanted: { rotation: 0, sealedWith: undefined },
};
const kept = (value: unknown, name = networkSecretsRef(instance).name): KubeObject => ({
  ...{ apiVersion: "v1", kind: "Secret", metadata: { name, namespace: "cellplane-system" } },
  data: { "value.json": Buffer.from(JSON.stringify(value)).toString("base64") },
});

describe("the secrets of a network", () => {
  it("stay the same values where nothing is due", () => {
    const held = { keys, credentials };
    expect(isSame(held, nextSecrets(held, of))).toBe(true);
  });

  it("are renewed around the keys, which stay, where credentials are gone or at their end", () => {
    const remade = nextSecrets({ keys }, of);
    expect(remade.keys).toBe(keys);
    expect(remade.credentials.nats.certPem).not.toBe(credentials.nats.certPem);
    const later = nextSecrets({ keys, credentials }, { ...of, now: now + 61 * 86_400_000 });
    expect(later.keys).toBe(keys);
    expect(isSame({ keys, credentials }, later)).toBe(false);
  });

  it("have new users after a rotation, made with the new keys", () => {
    const rotated = nextSecrets({ keys, credentials }, { ...of, wanted: { rotation: 1, sealedWith: undefined } });
    expect([rotated.keys.rotation, rotated.credentials.rotation]).toEqual([1, 1]);
    expect(rotated.credentials.systemJwt).not.toBe(credentials.systemJwt);
  });

  it("are read as they are kept, and as cells of before kept them", () => {
    expect(secretsIn(kept({ keys, credentials }))).toEqual([instance, { keys, credentials }]);
    expect(secretsIn(kept(keys))).toEqual([instance, { keys }]);
    expect(secretsIn(kept({}, "nats-ca"))).toBeUndefined();
  });
});
