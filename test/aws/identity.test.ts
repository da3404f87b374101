import { auditContract } from "../contracts/audit.ts";
import { keysContract } from "../contracts/keys.ts";
import { organizationsContract } from "../contracts/organizations.ts";
import { quotaContract } from "../contracts/quota.ts";
import { dynamoIntent } from "./intent.ts";

organizationsContract("DynamoDB Local", dynamoIntent);
keysContract("DynamoDB Local", dynamoIntent);
quotaContract("DynamoDB Local", dynamoIntent);
auditContract("DynamoDB Local", dynamoIntent);
