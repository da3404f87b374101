#!/usr/bin/env node
import { totalmem } from "node:os";
import { bundleOf, onNewNode } from "./launch.js";

await onNewNode(async () => {
  const { file } = await bundleOf("edge");
  const { chooseProfile, flagsOf } = await import("../edge/profile.ts");
  const profile = chooseProfile(process.env.CELLPLANE_EDGE_PROFILE, totalmem() / 1024 / 1024);
  // In place of this process, not as its child: what a node kills, stops or weighs is the runtime itself.
  process.execve(process.execPath, [process.execPath, ...flagsOf(profile), file, ...process.argv.slice(2)]);
});
