import { lambda } from "../deps.ts";
import { findStream } from "../resources/find-stream.ts";

export const handler = lambda(findStream, "everywhere");
