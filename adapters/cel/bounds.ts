import type { ASTNode } from "@marcbachmann/cel-js";
import { refusalOfPattern } from "./pattern.ts";

/** What the variables besides the event hold. */
const members: Readonly<Record<string, readonly string[]>> = {
  meta: ["input", "path", "offset", "time"],
  node: ["id", "labels"],
};

const macros = new Set(["all", "exists", "exists_one", "map", "filter"]);

/**
 * Why an expression could cost too much on a hostile event, if it could. CEL has no loops, but a list step inside a list
 * step is quadratic (2,000 × 2,000 took 307 ms), and joined copies multiply texts.
 */
export function refusalOf(root: ASTNode): string | undefined {
  return walk(root, false);
}

function walk(node: ASTNode, inLoop: boolean): string | undefined {
  switch (node.op) {
    case "rcall": {
      const [name, receiver, args] = node.args;
      const loops = macros.has(name);
      if (name === "matches") {
        const [pattern] = args;
        if (pattern?.op !== "value" || typeof pattern.args !== "string")
          return "`matches` takes its pattern as a literal text";
        const refusal = refusalOfPattern(pattern.args);
        if (refusal) return refusal;
      }
      if (loops && inLoop) return `\`${name}\` inside another list step would be quadratic: nest none`;
      if (name === "join" && holdsLoop(receiver))
        return "`join` of a computed list multiplies texts: join a field of the event";
      return first([receiver], inLoop) ?? first(args, inLoop || loops);
    }
    case "call":
      return first(node.args[1], inLoop);
    case "in":
      if (inLoop && node.args[1].op !== "list" && node.args[1].op !== "map")
        return "`in` inside a list step would be quadratic: give it a literal list";
      return first(node.args, inLoop);
    case "map":
      for (const [key] of node.args)
        if (key.op === "value" && key.args === "__proto__") return "`__proto__` cannot be a key";
      return first(node.args.flat(), inLoop);
    case "value":
    case "id":
      return undefined;
    case ".":
    case ".?": {
      const [receiver, field] = node.args;
      const known = receiver.op === "id" ? members[receiver.args] : undefined;
      if (known && !known.includes(field)) return `\`${receiver.args}\` has ${known.join(", ")}, not \`${field}\``;
      return walk(receiver, inLoop);
    }
    case "!_":
    case "-_":
      return walk(node.args, inLoop);
    default:
      return first(node.args, inLoop);
  }
}

function first(nodes: readonly ASTNode[], inLoop: boolean): string | undefined {
  for (const node of nodes) {
    const refusal = walk(node, inLoop);
    if (refusal) return refusal;
  }
  return undefined;
}

function holdsLoop(node: ASTNode): boolean {
  if (node.op === "rcall") {
    const [name, receiver, args] = node.args;
    return macros.has(name) || holdsLoop(receiver) || args.some(holdsLoop);
  }
  if (node.op === "call") return node.args[1].some(holdsLoop);
  if (node.op === "value" || node.op === "id") return false;
  if (node.op === "!_" || node.op === "-_") return holdsLoop(node.args);
  if (node.op === "." || node.op === ".?") return holdsLoop(node.args[0]);
  if (node.op === "map") return node.args.flat().some(holdsLoop);
  return node.args.some(holdsLoop);
}
