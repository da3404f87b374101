import { expect, it } from "vitest";
import { resourcePath } from "#adapters/kubernetes/resource-path.ts";

it.each([
  [{ apiVersion: "v1", kind: "Namespace" }, "a", "/api/v1/namespaces/a"],
  [{ apiVersion: "v1", kind: "Service", namespace: "a" }, undefined, "/api/v1/namespaces/a/services"],
  [{ apiVersion: "apps/v1", kind: "StatefulSet", namespace: "a" }, "b", "/apis/apps/v1/namespaces/a/statefulsets/b"],
  [
    { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", namespace: "a" },
    "b",
    "/apis/networking.k8s.io/v1/namespaces/a/networkpolicies/b",
  ],
  [
    { apiVersion: "networking.k8s.io/v1", kind: "IngressClass" },
    undefined,
    "/apis/networking.k8s.io/v1/ingressclasses",
  ],
  [{ apiVersion: "v1", kind: "ConfigMap", namespace: "a" }, "../b", "/api/v1/namespaces/a/configmaps/..%2Fb"],
])("is where the API server serves %j", (of, name, path) => {
  expect(resourcePath(of, name)).toBe(path);
});
