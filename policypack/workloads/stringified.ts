/** Texts that a language makes of a value which is not there yet, or not there at all. */
interface Stringified {
  readonly pattern: RegExp;
  readonly what: string;
  readonly fix: string;
}

const node =
  "In Node.js, use pulumi.interpolate or apply for the string, and pulumi.jsonStringify for the JSON";
const python =
  "In Python, use Output.concat, Output.format or apply for the string, and Output.json_dumps for the JSON";
const go = "In Go, use pulumi.Sprintf or ApplyT for the string, and pulumi.JSONMarshal for the JSON";
const dotnet = "In .NET, use Output.Format or Apply for the string, and Output.JsonSerialize for the JSON";
const java = "In Java, use Output.format for the string, and applyValue for the JSON";

/** The first that fits counts. None fits a legal image name. All are bounded: a JSON text may be megabytes. */
const stringified: readonly Stringified[] = [
  // Python: `pulumi/output.py`, `OutputToStringError`; `repr` for whatever stands in a list or dictionary.
  { pattern: /Calling __str__ on an Output\[T\]/, what: "an Output", fix: python },
  { pattern: /<pulumi\.[\w.]{0,80}Output object/, what: "an Output", fix: python },
  {
    pattern: /<(?:coroutine|function|bound method|[\w.]{1,80}) (?:object )?[\w.]{0,80} ?at 0x/,
    what: "an object",
    fix: python,
  },
  // Node.js: `@pulumi/pulumi/output.js`, `OutputToStringError` and `toJSON`.
  { pattern: /Calling \S{1,40} on an \[?Output[<[]T[>\]]/, what: "an Output", fix: node },
  { pattern: /\[object Promise\]/, what: "a Promise", fix: `${node}; await a Promise before` },
  { pattern: /\[object [A-Z]\w{0,40}\]/, what: "an object", fix: node },
  // .NET names the type, Java the class and a hash, Go the fields, an address, or a verb that does not fit.
  { pattern: /Pulumi\.(?:Output|Input)`\d/, what: "an Output", fix: dotnet },
  { pattern: /System\.[A-Z][\w.]{0,80}`\d/, what: "an object", fix: dotnet },
  { pattern: /\bOutput(?:Internal|Data)?@[0-9a-f]/, what: "an Output", fix: java },
  { pattern: /\bjava\.[\w.$]{1,80}@[0-9a-f]/, what: "an object", fix: java },
  { pattern: /\{0x[0-9a-f]|&\{|%!\(?[A-Za-z]/, what: "an Output", fix: go },
  { pattern: /<nil>/, what: "nil", fix: go },
];

/** A word for no value, alone or with a tag: Docker Hub has no official image of that name. */
const noValue = /^["']?(undefined|null|NaN|None|nil)["']?(?::[\w.-]*)?$/;

/** To complete "the image holds …", and what to do. */
export interface StringifiedValue {
  readonly what: string;
  readonly fix: string;
}

/** Finds an Output, a Promise or the like that was converted to a string too early. Its words never quote the text. */
export function stringifiedIn(text: string): StringifiedValue | undefined {
  const found = stringified.find(({ pattern }) => pattern.test(text));
  if (found !== undefined) return { what: `${found.what} that was converted to a string`, fix: found.fix };
  const word = noValue.exec(text.trim())?.[1];
  return word === undefined
    ? undefined
    : {
        what: `"${word}", a missing value that was converted to a string`,
        fix: "Set the value in the program",
      };
}
