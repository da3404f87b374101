import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { BUILT_IN_RELEASE } from "#core/model/release.ts";
import { images } from "#core/workload.ts";
import { AGENT_VERSION } from "../../cell-agent/cell.ts";
import { ENVIRONMENT as agentEnvironment, NODE_FLAGS as agentFlags } from "../../cell-agent/node-flags.ts";
import { flagsOf } from "../../edge/profile.ts";
import { NODE_FLAGS as orchestratorFlags } from "../../orchestrator/node-flags.ts";
import { commonFiles, programFiles } from "./base.ts";
import type { ImageOrder } from "./oci-archive.ts";

export interface Programs {
  readonly node: string;
  readonly nats: string;
  /** Bundles, by the image that runs them. */
  readonly bundles: Readonly<Record<"agent" | "orchestrator" | "edge", string>>;
}

/** All images, each by the name of its archive. What rarely changes lies below, and is the same blob in three of them. */
export function imagesOf({ node, nats, bundles }: Programs): Readonly<Record<string, ImageOrder>> {
  const nodeBase = [...commonFiles(), ...programFiles(node, "usr/local/bin/node")];
  const appOf = (name: string, bundle: string, flags: readonly string[], environment = {}): ImageOrder => ({
    name,
    layers: [nodeBase, [{ path: `app/${basename(bundle)}`, content: readFileSync(bundle) }]],
    entrypoint: ["/usr/local/bin/node", ...flags, `/app/${basename(bundle)}`],
    env: Object.entries({ NODE_ENV: "production", PATH: "/usr/local/bin", ...environment }).map(
      ([name, value]) => `${name}=${value}`,
    ),
  });
  return {
    agent: appOf(`cellplane/cell-agent:${AGENT_VERSION}`, bundles.agent, agentFlags, agentEnvironment),
    orchestrator: appOf(images.orchestrator(BUILT_IN_RELEASE), bundles.orchestrator, orchestratorFlags),
    edge: appOf(`cellplane/edge:${BUILT_IN_RELEASE}`, bundles.edge, flagsOf("fast")),
    broker: {
      name: images.nats,
      layers: [commonFiles(), programFiles(nats, "nats-server")],
      entrypoint: ["/nats-server"],
    },
  };
}
