/** What a step costs the table at most, in units, as `test/aws/cost.test.ts` counts it: it fails when a step costs more. */
export const counted = {
  "create: accepted": { write: 32, read: 10 },
  "create: until ready": { write: 48, read: 48 },
  "delete: accepted": { write: 24, read: 12 },
  "delete: until gone": { write: 56, read: 40 },
  // 32 lists, of which DynamoDB Local charges nothing for an empty one, and AWS half a unit.
  "a look of the sweep that finds nothing": { write: 0, read: 16 },
  "a booking of one network's usage": { write: 8, read: 10 },
} as const;
