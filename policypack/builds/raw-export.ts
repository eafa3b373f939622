/** One `--output` of `docker buildx build`, such as `type=registry,compression=zstd`. */
export interface RawExport {
  /** The exporter: `image`, `registry`, `oci`, `docker`, `local`, `tar`, … */
  readonly type: string;
  /** All others, keys in lower case. */
  readonly attributes: ReadonlyMap<string, string>;
}

/**
 * Reads one as `pulumi-docker-build` does (`provider/internal/export.go`, `parseExports`, which keeps buildx 0.18's ways): one
 * record of CSV with `key=value` fields. Anything else without `type=` in front is a folder to write to. Undefined where it is refused.
 */
export function parseRawExport(text: string): RawExport | undefined {
  const fields = csvFields(text);
  if (fields === undefined) return undefined;
  if (fields.length === 1 && fields[0] === text && !text.startsWith("type="))
    return { type: text === "-" ? "tar" : "local", attributes: new Map() };

  const attributes = new Map<string, string>();
  for (const field of fields) {
    const equals = field.indexOf("=");
    if (equals === -1) return undefined;
    attributes.set(field.slice(0, equals).toLowerCase().trim(), field.slice(equals + 1));
  }
  const type = attributes.get("type") ?? "";
  attributes.delete("type");
  return type === "" ? undefined : { type, attributes };
}

/** The fields of one CSV record (RFC 4180 §2); undefined where a quote is out of place. */
function csvFields(record: string): string[] | undefined {
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (;;) {
    const match = field.exec(record);
    if (match === null) return undefined;
    const [, quoted, bare = "", separator] = match;
    fields.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (separator === "") return fields;
  }
}

/** A flag as BuildKit reads it: given without a value it is on; else Go's `strconv.ParseBool`. Undefined for other words. */
export function parseFlag(value: string): boolean | undefined {
  if (["", "1", "t", "T", "TRUE", "true", "True"].includes(value)) return true;
  return ["0", "f", "F", "FALSE", "false", "False"].includes(value) ? false : undefined;
}
