/**
 * List prices in US dollars, us-east-1, without any free tier, as they were known at this date. Nobody reads them off AWS's pages anew:
 * whoever does changes the date.
 */
export const PRICES_OF = "2025-12-01";

export const prices = {
  "Lambda, arm64: a GB-second": 0.0000133334,
  "Lambda: a million requests": 0.2,
  "DynamoDB, on demand: a million write units": 0.625,
  "DynamoDB, on demand: a million read units": 0.125,
  "DynamoDB: a GB-month, with point-in-time recovery": 0.25 + 0.2,
  "Step Functions: a thousand transitions": 0.025,
  "API Gateway, HTTP: a million requests": 1,
  "KMS: a key-month": 1,
  "KMS, elliptic curves: ten thousand signatures": 0.15,
  "Secrets Manager: a secret-month": 0.4,
  "CloudWatch: a GB of logs": 0.5,
  "CloudWatch: an alarm-month": 0.1,
  "CloudWatch: a metric-month": 0.3,
  "CloudWatch: a dashboard-month": 3,
  "X-Ray: a million traces": 5,
  "Route 53: a zone-month": 0.5,
  "Route 53: a health check by HTTPS, a month": 1.5,
  "EKS: a cluster-hour": 0.1,
  "EC2, m8g.large: an hour": 0.08976,
  "EBS, gp3: a GB-month": 0.08,
  "NAT gateway: an hour": 0.045,
  "Public IPv4 address: an hour": 0.005,
  "Network load balancer: an hour": 0.0225,
} as const;
export type Price = keyof typeof prices;

/** Where AWS says what a service costs today, by how the names of its prices begin. */
export const pages = {
  Lambda: "https://aws.amazon.com/lambda/pricing/",
  DynamoDB: "https://aws.amazon.com/dynamodb/pricing/on-demand/",
  "Step Functions": "https://aws.amazon.com/step-functions/pricing/",
  "API Gateway": "https://aws.amazon.com/api-gateway/pricing/",
  KMS: "https://aws.amazon.com/kms/pricing/",
  "Secrets Manager": "https://aws.amazon.com/secrets-manager/pricing/",
  CloudWatch: "https://aws.amazon.com/cloudwatch/pricing/",
  "X-Ray": "https://aws.amazon.com/xray/pricing/",
  "Route 53": "https://aws.amazon.com/route53/pricing/",
  EKS: "https://aws.amazon.com/eks/pricing/",
  EC2: "https://aws.amazon.com/ec2/pricing/on-demand/",
  EBS: "https://aws.amazon.com/ebs/pricing/",
  NAT: "https://aws.amazon.com/vpc/pricing/",
  Public: "https://aws.amazon.com/vpc/pricing/",
  Network: "https://aws.amazon.com/elasticloadbalancing/pricing/",
} as const;
