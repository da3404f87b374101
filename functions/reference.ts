import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { page, referenceHeaders, start } from "./reference-page.ts";

/**
 * The Lambda function of GET /docs. Its script, which is there once it was compressed, is larger than an answer may be as it is; API
 * Gateway compresses nothing itself.
 */
export const referenceHandler =
  (compressed: () => Promise<Buffer>) =>
  async ({ rawPath, headers }: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    if (rawPath === "/docs") return { statusCode: 200, headers: referenceHeaders("text/html"), body: page };
    if (rawPath === "/docs/start.js")
      return { statusCode: 200, headers: referenceHeaders("text/javascript"), body: start };
    const isScript = rawPath === "/docs/reference.js";
    if (!isScript || !/\bgzip\b/.test(headers["accept-encoding"] ?? ""))
      return {
        statusCode: isScript ? 406 : 404,
        headers: referenceHeaders("text/plain"),
        body: isScript
          ? "Ask for it with accept-encoding: gzip.\n"
          : "There is nothing here; the reference is at /docs.\n",
      };
    return {
      statusCode: 200,
      headers: { ...referenceHeaders("text/javascript"), "content-encoding": "gzip", vary: "accept-encoding" },
      body: (await compressed()).toString("base64"),
      isBase64Encoded: true,
    };
  };
