// What the bundle loads with the first image or task definition (`javascript.ts`).
export { default } from "yocto-spinner";
export * from "../../policypack/aws/sdk-http";
export * from "../../policypack/registry/image-source";
