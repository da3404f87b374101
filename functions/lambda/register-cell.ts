import { cellDeps } from "../deps.ts";
import { registerCell } from "../resources/register-cell.ts";

export const handler = registerCell(cellDeps());
