import { CfnOutput, RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import * as cognito from "aws-cdk-lib/aws-cognito";
import { Construct } from "constructs";
import { PREFIX } from "../names.ts";

/** Who people sign in by: as the API function is told. */
export interface Issuer {
  readonly issuer: string;
  readonly audience: string;
  readonly platformAudience?: string;
}

/**
 * People of a fleet that brings no issuer of its own: customers, who sign themselves up, and the platform's operators, whom only an
 * operator invites. Two pools, because within one everybody could sign in for either audience.
 */
export class People extends Construct {
  readonly issuers: readonly Issuer[];

  constructor(scope: Construct, id: string, domain: string) {
    super(scope, id);
    const customers = this.pool("Customers", domain, { selfSignUp: true });
    const operators = this.pool("Operators", domain, { selfSignUp: false });
    this.issuers = [customers, { ...operators, platformAudience: operators.audience }];
  }

  private pool(id: string, domain: string, { selfSignUp }: { selfSignUp: boolean }): Issuer {
    const pool = new cognito.UserPool(this, id, {
      userPoolName: `${PREFIX}-${id.toLowerCase()}`,
      selfSignUpEnabled: selfSignUp,
      signInAliases: { email: true },
      autoVerify: { email: true },
      accountRecovery: cognito.AccountRecovery.EMAIL_ONLY,
      mfa: selfSignUp ? cognito.Mfa.OPTIONAL : cognito.Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 12,
        requireDigits: true,
        requireLowercase: true,
        requireUppercase: true,
        requireSymbols: true,
      },
      featurePlan: cognito.FeaturePlan.PLUS,
      standardThreatProtectionMode: cognito.StandardThreatProtectionMode.FULL_FUNCTION,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    if (selfSignUp)
      Validations.of(pool).acknowledge({
        id: "AwsSolutions-COG2",
        reason: "Customers choose a second factor themselves; the platform's operators must have one.",
      });
    const client = pool.addClient("Console", {
      authFlows: { userSrp: true },
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL, cognito.OAuthScope.PROFILE],
        callbackUrls: [`https://console.${domain}/signed-in`],
        logoutUrls: [`https://console.${domain}/`],
      },
      preventUserExistenceErrors: true,
      generateSecret: false,
    });
    const issuer = `https://cognito-idp.${Stack.of(this).region}.amazonaws.com/${pool.userPoolId}`;
    new CfnOutput(this, `${id}Issuer`, { key: `${id}Issuer`, value: issuer });
    new CfnOutput(this, `${id}Audience`, { key: `${id}Audience`, value: client.userPoolClientId });
    return { issuer, audience: client.userPoolClientId };
  }
}
