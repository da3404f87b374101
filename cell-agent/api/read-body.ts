import { CELL_BODY_LIMIT_BYTES } from "#core/api/cell-agent.ts";
import { Refusal } from "#core/errors.ts";

/** The whole body, and no more of it than the limit. */
export async function readBody(request: Request): Promise<Uint8Array> {
  const tooLarge = () => new Refusal("too-large", `A body has at most ${CELL_BODY_LIMIT_BYTES} bytes.`);
  if (Number(request.headers.get("content-length") ?? 0) > CELL_BODY_LIMIT_BYTES) throw tooLarge();
  if (!request.body) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body) {
    size += part.length;
    if (size > CELL_BODY_LIMIT_BYTES) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The body as JSON. */
export function jsonOf(body: Uint8Array, contentType: string | undefined): unknown {
  if (!/^application\/json(;|$)/i.test(contentType ?? ""))
    throw new Refusal("unsupported-media-type", "Send the body as application/json.");
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new Refusal("invalid-input", "The body is not JSON.", { errors: [{ path: "", message: "must be JSON" }] });
  }
}
