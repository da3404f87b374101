import * as z from "zod";
import { sendRequest } from "../request.ts";

/** Where one Secret of a cluster is, and how its API knows who asks. */
export interface SecretPlace {
  readonly endpoint: string;
  readonly caPem: string;
  readonly namespace: string;
  readonly name: string;
  readonly bearer: () => Promise<string>;
}

/** One Secret in a cluster, for somebody who may read and write that one alone. */
export interface ClusterSecret {
  /** When it was made anew; `undefined` where there is none. Its content is not asked for. */
  madeAt(): Promise<number | undefined>;
  keep(data: Readonly<Record<string, string>>, madeAt: number): Promise<void>;
}

const MADE_AT = "cellplane.io/made-at";
const Known = z.object({ metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }) });

/** Enough for an API server that is just starting; CloudFormation waits far longer. */
const TIMEOUT_MS = 15_000;

export function clusterSecret({ endpoint, caPem, namespace, name, bearer }: SecretPlace): ClusterSecret {
  const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
  async function ask(method: string, query: string, headers: Readonly<Record<string, string>>, body?: object) {
    const answer = await sendRequest({
      method,
      url: new URL(`${path}${query}`, endpoint),
      headers: { authorization: `Bearer ${await bearer()}`, ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
      timeoutMs: TIMEOUT_MS,
      tls: { ca: caPem },
    });
    if (answer.status >= 300 && answer.status !== 404)
      // What was sent is a secret, so the cluster's own words, which may repeat it, are left out.
      throw new Error(`The cluster answered ${answer.status} to ${method} of the Secret ${namespace}/${name}.`);
    return answer;
  }

  return {
    async madeAt() {
      // Its metadata alone: what is in it stays there.
      const accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
      const { status, body } = await ask("GET", "", { accept });
      if (status === 404) return undefined;
      const at = Date.parse(Known.parse(JSON.parse(body)).metadata.annotations[MADE_AT] ?? "");
      return Number.isNaN(at) ? undefined : at;
    },
    async keep(data, madeAt) {
      const { status } = await ask(
        "PATCH",
        "?fieldManager=cellplane-registration&force=true",
        { "content-type": "application/apply-patch+yaml" },
        {
          apiVersion: "v1",
          kind: "Secret",
          metadata: { name, namespace, annotations: { [MADE_AT]: new Date(madeAt).toISOString() } },
          data: Object.fromEntries(
            Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
          ),
        },
      );
      if (status === 404) throw new Error(`The cluster has no namespace ${namespace} for the Secret ${name}.`);
    },
  };
}
