import * as eks from "aws-cdk-lib/aws-eks-v2";
import type { Construct } from "constructs";

/** The cluster's default storage class: encrypted, growing, made in the zone where its pod runs. */
export const storageClass = (scope: Construct, cluster: eks.ICluster): eks.KubernetesManifest =>
  new eks.KubernetesManifest(scope, "Storage", {
    cluster,
    manifest: [
      {
        apiVersion: "storage.k8s.io/v1",
        kind: "StorageClass",
        metadata: { name: "cellplane-gp3", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
        provisioner: "ebs.csi.aws.com",
        parameters: { type: "gp3", encrypted: "true", "csi.storage.k8s.io/fstype": "ext4" },
        volumeBindingMode: "WaitForFirstConsumer",
        allowVolumeExpansion: true,
        reclaimPolicy: "Delete",
      },
    ],
  });
