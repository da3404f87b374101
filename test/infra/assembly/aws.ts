import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json } from "../synthesize.ts";
import { actsOf, type Call, callOf } from "./acts.ts";
import type { LocalTable } from "./intent-table.ts";
import type { Act, Policies } from "./policies.ts";

export interface Aws {
  readonly url: string;
  /** What was asked and not allowed, with who asked. */
  readonly denied: readonly string[];
  close(): void;
}

/** An error in the form of AWS's JSON protocols. */
export class AwsFailure extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/**
 * The one door through which functions reach AWS. Who asks is told by the access key, which is the function's name and its deploy; what they ask is
 * judged by the template's policies, and only then handed on.
 */
export async function openAws(options: {
  readonly allows: Policies["allows"];
  readonly arns: { table(name: string): string; secret(name: string): string };
  /** Handles a call that is allowed; `undefined` hands it on to DynamoDB Local. */
  readonly answer: (call: Call) => Promise<Json | undefined>;
  /** The one table there is, where it is, and by what name. */
  readonly table: Pick<LocalTable, "endpoint" | "name" | "localName">;
  /** Functions of other stacks, whose rights are theirs. */
  readonly visitors: readonly string[];
  /** Whether it is this deploy that who asks is of. One before may be refused what it was told: its rights went with it. */
  readonly isCurrent?: (deploy: string) => boolean;
}): Promise<Aws> {
  const { table } = options;
  const denied: string[] = [];
  async function judge(name: string, call: Call): Promise<Act | undefined> {
    if (options.visitors.includes(name)) return undefined;
    for (const act of actsOf(call, options.arns)) if (!(await options.allows(name, act))) return act;
    return undefined;
  }

  const server = createServer(async (request, response) => {
    const text = await textOf(request);
    const [, name = "nobody", deploy = ""] =
      /Credential=([^/.]+)\.?([^/]*)\//.exec(request.headers.authorization ?? "") ?? [];
    const call = callOf(String(request.headers["x-amz-target"] ?? ""), JSON.parse(text || "{}"));
    const tell = (status: number, body: Json) => {
      response.writeHead(status, { "content-type": String(request.headers["content-type"]) });
      response.end(JSON.stringify(body));
    };
    try {
      const refused = await judge(name, call);
      if (refused) {
        if (options.isCurrent?.(deploy) ?? true) denied.push(`${name} ${refused.action} ${refused.resource}`);
        tell(400, {
          __type: "AccessDeniedException",
          message: `${name} may not ${refused.action} ${refused.resource}`,
        });
        return;
      }
      const answered = await options.answer(call);
      if (answered !== undefined) {
        tell(200, answered);
        return;
      }
      const { "x-amz-target": target = "", "content-type": type = "" } = request.headers;
      const forwarded = await fetch(table.endpoint, {
        method: "POST",
        body: text.replaceAll(`"${table.name}"`, `"${table.localName}"`),
        headers: {
          "x-amz-target": String(target),
          "content-type": type,
          // Local believes any credentials, and takes the region from them.
          authorization:
            "AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
        },
      });
      response.writeHead(forwarded.status, { "content-type": type });
      response.end((await forwarded.text()).replaceAll(`"${table.localName}"`, `"${table.name}"`));
    } catch (error) {
      if (error instanceof AwsFailure) tell(400, { __type: error.type, message: error.message });
      else tell(500, { __type: "InternalServerError", message: String(error) });
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    denied,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}
