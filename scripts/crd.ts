import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { instanceCrd } from "../cell-agent/crd/definition.ts";

/** `npm run crd`: writes the CustomResourceDefinition anew. A test fails while it differs from the schemas. */
// kubectl reads YAML 1.1, where a bare y is a boolean.
const yaml = stringify(instanceCrd(), { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false });
for (const folder of ["crd", "chart/crds"])
  writeFileSync(
    join(import.meta.dirname, "../cell-agent", folder, "networkinstances.yaml"),
    `# Made of the schemas in core/model/instance.ts by npm run crd.\n${yaml}`,
  );
