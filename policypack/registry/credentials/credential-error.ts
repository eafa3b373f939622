/** Why a login could not be read: one printable line for the person who meets it, free of secrets. */
export class CredentialError extends Error {
  override readonly name = "CredentialError";
}
