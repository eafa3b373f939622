/** See `computed.cjs`. */
export function checked(urn: string, inputs: Record<string, unknown>): Record<string, unknown>;
export function outputsOf(
  urn: string,
  inputs: Record<string, unknown>,
  options: { readonly preview: boolean },
): Record<string, unknown>;
export const unknown: string;
