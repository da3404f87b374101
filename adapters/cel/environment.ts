import { Environment } from "@marcbachmann/cel-js";

/** Enough for a long hand-written expression, and it bounds what one event can cost. */
const AST_NODES = 500;

type Operator = "+" | "-" | "*" | "/" | "%";

/**
 * JSON numbers are doubles and literals are ints, so without these `e.a + 1` fails. A mixed operation is one of doubles,
 * except that an int too large for a double keeps its digits where the other side is whole.
 */
const calculate: Record<Operator, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
};
const calculateWhole: Partial<Record<Operator, (a: bigint, b: bigint) => bigint>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
};

const isExact = (value: bigint) => value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER;

function mixed(operator: Operator, a: number | bigint, b: number | bigint): number {
  const whole = calculateWhole[operator];
  const large = (typeof a === "bigint" && !isExact(a)) || (typeof b === "bigint" && !isExact(b));
  if (whole && large && isWhole(a) && isWhole(b)) return whole(BigInt(a), BigInt(b)) as unknown as number;
  return calculate[operator](Number(a), Number(b));
}

const isWhole = (value: number | bigint) => typeof value === "bigint" || Number.isInteger(value);

function build(): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn: false,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: { maxAstNodes: AST_NODES, maxDepth: 50 },
  })
    .registerVariable("e", "dyn")
    .registerVariable("meta", "map")
    .registerVariable("node", "map");
  for (const operator of Object.keys(calculate) as Operator[])
    for (const signature of [`double ${operator} int`, `int ${operator} double`])
      environment.registerOperator(`${signature}: double`, (a: number | bigint, b: number | bigint) =>
        mixed(operator, a, b),
      );
  environment.registerOperator("double % double: double", (a: number, b: number) => a % b);
  return environment;
}

export const environment = build();
