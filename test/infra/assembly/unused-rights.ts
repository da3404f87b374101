/** Why a right stands although no call of the assembly's suite needs it. */
export interface Reason {
  readonly name: string;
  readonly actions: readonly string[];
  readonly why: string;
  /** Whether it depends on how long things took here: then it may be used as well as not. */
  readonly sometimes?: true;
}

export const reasons: readonly Reason[] = [
  {
    name: "advance-rollout",
    actions: ["states:StartExecution", "secretsmanager:GetSecretValue", "cloudwatch:DescribeAlarms"],
    why: "the one rollout here waits for an approval, and is paused before it changes a network",
  },
  {
    name: "advance-rollout",
    actions: ["dynamodb:UpdateItem"],
    why: "as above, but for what it notes",
    sometimes: true,
  },
  { name: "apply-network", actions: ["dynamodb:BatchGetItem"], why: "no network here has keys of its own" },
  {
    name: "apply-network",
    actions: ["dynamodb:ConditionCheckItem"],
    why: "checks what another attempt may have changed",
    sometimes: true,
  },
  {
    name: "settle-network",
    actions: ["dynamodb:ConditionCheckItem"],
    why: "checks what another attempt may have changed",
    sometimes: true,
  },
  {
    name: "execution-ended",
    actions: ["dynamodb:PutItem", "dynamodb:ConditionCheckItem", "states:StartExecution"],
    why: "hands back or begins again what died on its way: here only a rollout is stopped, and paused",
    sometimes: true,
  },
  {
    name: "hand-back-network",
    actions: ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:ConditionCheckItem"],
    why: "runs when a workflow gave up, which takes minutes",
    sometimes: true,
  },
  {
    name: "meter",
    actions: ["dynamodb:PutItem", "dynamodb:DeleteItem"],
    why: "books what is five minutes old",
    sometimes: true,
  },
];

/** Rights that nobody gave a reason for, and reasons whose right was used after all: neither may be. */
export function judgeUnused(
  unused: readonly string[],
  given: readonly Reason[] = reasons,
): { unexplained: string[]; stale: string[] } {
  const explained = given.flatMap(({ name, actions, sometimes }) =>
    actions.map((action) => ({ right: `cellplane-${name} ${action}`, sometimes })),
  );
  return {
    unexplained: unused.filter((right) => !explained.some((each) => each.right === right)),
    stale: explained.filter(({ right, sometimes }) => !sometimes && !unused.includes(right)).map(({ right }) => right),
  };
}
