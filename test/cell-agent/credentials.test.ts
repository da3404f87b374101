import { describe, expect, it } from "vitest";
import { validityOf } from "#adapters/x509.ts";
import { objectNameOf } from "#core/model/ids.ts";
import { renewCredentials } from "../../cell-agent/keys/credentials.ts";
import { ingredients, network, now } from "./a-network.ts";

const DAY = 86_400_000;

describe("the credentials of a network", () => {
  const { keys, authorities } = ingredients();
  const at = (days: number, natsNames: string[] = ["net.test"]) => ({
    ...{ instance: objectNameOf(network), keys, authorities, natsNames },
    now: now + days * DAY,
  });
  const first = renewCredentials(undefined, at(0));

  it.each([
    ["the next day", 1, false, false],
    ["after half a user's life", 15, false, false],
    ["in the last third of a user's life", 21, true, false],
    ["in the last third of a certificate's life", 61, true, true],
  ])("%s", (_, days, users, certificates) => {
    const later = renewCredentials(first, at(days));
    expect(later.orchestratorJwt !== first.orchestratorJwt).toBe(users);
    expect(later.nats !== first.nats).toBe(certificates);
    expect(later.internal !== first.internal).toBe(certificates);
    if (!users) expect(later).toBe(first);
  });

  it("never end before they are renewed, year after year", () => {
    let held = first;
    for (let day = 0; day < 800; day++) {
      held = renewCredentials(held, at(day));
      expect(held.usersUntil).toBeGreaterThan(now + (day + 9) * DAY);
      expect(validityOf(held.nats.certPem).until).toBeGreaterThan(now + (day + 29) * DAY);
    }
  });

  it("name the broker anew when its names change", () => {
    const moved = renewCredentials(first, at(0, ["net.other"]));
    expect(moved.nats).not.toBe(first.nats);
    expect(moved.internal).toBe(first.internal);
  });
});
