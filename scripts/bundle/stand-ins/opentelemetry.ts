/** `@opentelemetry/api` as it is when nobody has set up tracing: `@pulumi/pulumi` (`runtime/settings.ts`) marks its requests with it. */
export const context = { active: () => undefined };
export const propagation = { inject: () => undefined };
export const trace = { getTracer: () => undefined };
