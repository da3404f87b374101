#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { pathToFileURL } from "node:url";
import { bundleOf, onNewNode } from "./launch.js";

await onNewNode(async () => {
  const { file, compileCache } = await bundleOf("cli");
  enableCompileCache(compileCache);
  await import(pathToFileURL(file).href);
});
