#!/usr/bin/env node
// By name: Node 20, which only passes on to a newer one, lacks the function.
import * as nodeModule from "node:module";
import { pathToFileURL } from "node:url";
import { bundleOf, onNewNode } from "./launch.js";

await onNewNode(async () => {
  const { file, compileCache } = await bundleOf("cli");
  nodeModule.enableCompileCache(compileCache);
  await import(pathToFileURL(file).href);
});
