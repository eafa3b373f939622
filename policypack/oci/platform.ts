/** A platform as the OCI image index knows it, in Go's words (`linux`, `amd64`, `arm64`, `v8`). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  /** Windows build number, such as `10.0.20348`. */
  readonly osVersion?: string;
}
