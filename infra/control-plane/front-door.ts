import { Duration, RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import * as apigateway from "aws-cdk-lib/aws-apigatewayv2";
import * as integrations from "aws-cdk-lib/aws-apigatewayv2-integrations";
import * as acm from "aws-cdk-lib/aws-certificatemanager";
import * as logs from "aws-cdk-lib/aws-logs";
import * as route53 from "aws-cdk-lib/aws-route53";
import { Construct, type IConstruct } from "constructs";
import { PREFIX } from "../names.ts";
import type { ControlPlaneFunction } from "./function.ts";

export interface FrontDoorProps {
  readonly api: ControlPlaneFunction;
  /** Answers what is below /docs. */
  readonly docs: ControlPlaneFunction;
  readonly domain: string;
  readonly zone: route53.IHostedZone;
  readonly home: boolean;
}

/** No header and no query: neither keys nor cursors come into a log. */
const accessLogLine = {
  id: "$context.requestId",
  at: "$context.requestTimeEpoch",
  from: "$context.identity.sourceIp",
  method: "$context.httpMethod",
  path: "$context.path",
  status: "$context.status",
  ms: "$context.responseLatency",
  error: "$context.integrationErrorMessage",
};

const isDefault = (node: IConstruct): boolean =>
  node instanceof apigateway.HttpRoute && /DefaultRoute/.test(node.node.id);

/** Requests a second and in a burst that the gateway lets in at most: the bound over all organizations and instances. */
const THROTTLE = { rateLimit: 1_000, burstLimit: 2_000 };

/**
 * The hosted API. `api.<domain>` is the home's while that is well and another region's, which serves reads, while it is not;
 * `<region>.api.<domain>` is always this region's.
 */
export class FrontDoor extends Construct {
  readonly http: apigateway.HttpApi;

  constructor(scope: Construct, id: string, { api, docs, domain, zone, home }: FrontDoorProps) {
    super(scope, id);
    const { region } = Stack.of(this);
    const everywhere = `api.${domain}`;
    const here = `${region}.${everywhere}`;
    this.http = new apigateway.HttpApi(this, "Http", {
      apiName: `${PREFIX}-api`,
      createDefaultStage: false,
      ipAddressType: apigateway.IpAddressType.DUAL_STACK,
      // Only by its own names, whose certificates are ours.
      disableExecuteApiEndpoint: true,
      defaultIntegration: new integrations.HttpLambdaIntegration("Api", api.fn, { timeout: Duration.seconds(29) }),
    });
    const integration = new integrations.HttpLambdaIntegration("Docs", docs.fn, { timeout: Duration.seconds(10) });
    const routes = ["/docs", "/docs/{file}"].flatMap((path) =>
      this.http.addRoutes({ path, methods: [apigateway.HttpMethod.GET], integration }),
    );
    for (const route of routes)
      Validations.of(route).acknowledge({
        id: "AwsSolutions-APIG4",
        reason: "The reference of the API is for everybody.",
      });
    this.stage();
    const certificate = new acm.Certificate(this, "Certificate", {
      domainName: everywhere,
      subjectAlternativeNames: [here],
      validation: acm.CertificateValidation.fromDns(zone),
    });
    for (const name of [everywhere, here]) this.name(name, name === everywhere, { certificate, zone, here, home });
  }

  private stage(): void {
    const accessLog = new logs.LogGroup(this, "AccessLog", {
      logGroupName: `/aws/apigateway/${PREFIX}-api`,
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new apigateway.HttpStage(this, "Stage", {
      httpApi: this.http,
      stageName: "$default",
      autoDeploy: true,
      throttle: THROTTLE,
      detailedMetricsEnabled: true,
      accessLogSettings: {
        destination: new apigateway.LogGroupLogDestination(accessLog),
        format: AccessLogFormat.custom(JSON.stringify(accessLogLine)),
      },
    });
    const [route] = this.http.node.findAll().filter(isDefault);
    if (route)
      Validations.of(route).acknowledge({
        id: "AwsSolutions-APIG4",
        reason:
          "The function checks tokens and API keys itself: an HTTP API has one authorizer a route, and both are taken.",
      });
  }

  private name(
    domainName: string,
    shared: boolean,
    {
      certificate,
      zone,
      here,
      home,
    }: { certificate: acm.ICertificate; zone: route53.IHostedZone; here: string; home: boolean },
  ): void {
    const id = shared ? "Shared" : "Regional";
    const name = new apigateway.DomainName(this, `${id}Domain`, {
      domainName,
      certificate,
      securityPolicy: apigateway.SecurityPolicy.TLS_1_2,
      ipAddressType: apigateway.IpAddressType.DUAL_STACK,
    });
    const stage = this.node.findChild("Stage") as apigateway.HttpStage;
    new apigateway.ApiMapping(this, `${id}Mapping`, { api: this.http, domainName: name, stage });
    const aliasTarget = { dnsName: name.regionalDomainName, hostedZoneId: name.regionalHostedZoneId };
    for (const type of ["A", "AAAA"])
      new route53.CfnRecordSet(this, `${id}${type}`, {
        hostedZoneId: zone.hostedZoneId,
        name: domainName,
        type,
        aliasTarget,
        // Weight 0 is asked only when nothing that has a weight is well.
        ...(shared
          ? { setIdentifier: Stack.of(this).region, weight: home ? 100 : 0, healthCheckId: this.health(here) }
          : {}),
      });
  }

  private health(host: string): string {
    const made = this.node.tryFindChild("Health") as route53.CfnHealthCheck | undefined;
    const check =
      made ??
      new route53.CfnHealthCheck(this, "Health", {
        healthCheckConfig: {
          type: "HTTPS",
          fullyQualifiedDomainName: host,
          resourcePath: "/readyz",
          port: 443,
          requestInterval: 30,
          failureThreshold: 3,
        },
      });
    return check.attrHealthCheckId;
  }
}
