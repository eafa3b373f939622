import { type Output, output, all, jsonStringify } from "@pulumi/pulumi";
import { UNKNOWN } from "../pulumi/previewed";
import { checked, outputsOf } from "./computed.cjs";
import { AnyResource } from "./engine";
import { type Registered, urnOf } from "./fake-engine";

/** A resource of a program that runs in the fake engine and in the real one alike. */
export interface Declared {
  readonly type: string;
  readonly name: string;
  /** Values may hold a {@link ref}, a {@link json} or a {@link mapped}. */
  readonly props?: Record<string, unknown>;
  readonly dependsOn?: readonly string[];
  readonly ignoreChanges?: readonly string[];
  /** The inputs of the provider that it names; for the fake engine. */
  readonly provider?: Record<string, unknown>;
  /**
   * `read`: the program gets it and does not create it. `untargeted`: `--target` leaves it out. `existing`: an earlier update created it
   * (in the fake engine).
   */
  readonly state?: "read" | "untargeted" | "existing";
}

class Ref {
  constructor(
    readonly name: string,
    readonly attribute: string,
  ) {}
}
class Json {
  constructor(readonly value: unknown) {}
}
class Mapped {
  constructor(
    readonly values: readonly unknown[],
    readonly apply: (values: readonly unknown[]) => unknown,
  ) {}
}

/** An output of another resource. */
export const ref = (name: string, attribute = "id"): unknown => new Ref(name, attribute);
/** A JSON text: as `pulumi.jsonStringify`, unknown as a whole if a part is. */
export const json = (value: unknown): unknown => new Json(value);
/** As `pulumi.all(values).apply(…)`: unknown as a whole, and known by its value. */
export const mapped = (values: readonly unknown[], apply: (values: readonly unknown[]) => unknown): unknown =>
  new Mapped(values, apply);

/** The same program under other names, so that several can stand in one stack. */
export function renamed(program: readonly Declared[], prefix: string): Declared[] {
  const moved = (value: unknown): unknown => {
    if (value instanceof Ref) return new Ref(prefix + value.name, value.attribute);
    if (value instanceof Json) return new Json(moved(value.value));
    if (value instanceof Mapped) return new Mapped(value.values.map(moved), value.apply);
    if (Array.isArray(value)) return value.map(moved);
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, moved(one)]));
    return value;
  };
  return program.map((one) => ({
    ...one,
    name: prefix + one.name,
    ...(one.props && { props: moved(one.props) as Record<string, unknown> }),
    ...(one.dependsOn && { dependsOn: one.dependsOn.map((name) => prefix + name) }),
  }));
}

/** `first`: nothing exists. `second`: all exists and nothing changed. `analysis`: the same, without dependencies. */
export type Stage = "first" | "second" | "analysis";

interface Value {
  readonly value: unknown;
  readonly from: readonly string[];
}

/** What the real engine would show of a program. */
export function registered(program: readonly Declared[], stage: Stage): Registered[] {
  const outputs = new Map<string, Record<string, unknown>>();
  return program.flatMap((declared) => {
    const { name, type, props = {}, provider, state, ignoreChanges = [], dependsOn = [] } = declared;
    const urn = urnOf(declared);
    const read = Object.fromEntries(
      Object.entries(props).map(([key, value]) => [key, resolved(value, outputs)]),
    );
    const given = Object.fromEntries(
      Object.entries(read).flatMap(([key, { value }]) => (value === undefined ? [] : [[key, value]])),
    );
    const inputs = checked(urn, given);
    const preview = stage === "first" && state !== "read" && state !== "existing";
    outputs.set(name, outputsOf(urn, inputs, { preview }));
    if (state === "read") return [];
    const isShown = state !== "untargeted" || stage !== "first";
    const isRead = new Set(program.flatMap((one) => (one.state === "read" ? [one.name] : [])));
    const urns = (names: readonly string[]) =>
      [...new Set(names)]
        .filter((one) => !isRead.has(one))
        .map((one) => urnOf(program.find((other) => other.name === one)!));
    const set = Object.entries(read).filter(([, { value }]) => value !== undefined);
    const from = set.map(([key, value]) => [key, urns(value.from)] as const);
    const tellsDependencies = stage !== "analysis";
    return [
      {
        type,
        name,
        props: isShown ? inputs : {},
        outputs: isShown ? outputs.get(name)! : {},
        ignoreChanges,
        ...(provider && { provider }),
        ...(tellsDependencies && {
          propertyDependencies: Object.fromEntries(from),
          dependencies: [...new Set([...from.flatMap(([, ones]) => ones), ...urns(dependsOn)])],
        }),
      },
    ];
  });
}

function resolved(value: unknown, outputs: ReadonlyMap<string, Record<string, unknown>>): Value {
  if (value instanceof Ref) {
    const target = outputs.get(value.name);
    if (target === undefined) throw new Error(`The program has no ${value.name} yet.`);
    const found = target[value.attribute];
    return { value: found ?? UNKNOWN.string, from: [value.name] };
  }
  if (value instanceof Json) {
    const inner = resolved(value.value, outputs);
    return { value: isKnown(inner.value) ? JSON.stringify(inner.value) : UNKNOWN.string, from: inner.from };
  }
  if (value instanceof Mapped) {
    const inner = value.values.map((one) => resolved(one, outputs));
    const values = inner.map((one) => one.value);
    return {
      value: values.every(isKnown) ? value.apply(values) : UNKNOWN.string,
      from: inner.flatMap(({ from }) => from),
    };
  }
  if (Array.isArray(value)) {
    const inner = value.map((one) => resolved(one, outputs));
    return { value: inner.map((one) => one.value), from: inner.flatMap(({ from }) => from) };
  }
  if (typeof value === "object" && value !== null) {
    const inner = Object.entries(value).map(([key, one]) => [key, resolved(one, outputs)] as const);
    return {
      value: Object.fromEntries(inner.map(([key, one]) => [key, one.value])),
      from: inner.flatMap(([, { from }]) => from),
    };
  }
  return { value, from: [] };
}

function isKnown(value: unknown): boolean {
  return !JSON.stringify(value ?? null).includes(UNKNOWN.string);
}

/** Declares a program's resources in a real stack. */
export function declare(program: readonly Declared[]): void {
  const resources = new Map<string, AnyResource>();
  const attributes = new Map<string, Set<string>>();
  const note = (value: unknown): void => {
    if (value instanceof Ref)
      attributes.set(value.name, (attributes.get(value.name) ?? new Set()).add(value.attribute));
    else if (value instanceof Json) note(value.value);
    else if (value instanceof Mapped) value.values.forEach(note);
    else if (Array.isArray(value)) value.forEach(note);
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(note);
  };
  for (const { props } of program) note(props);
  const real = (value: unknown): unknown => {
    if (value instanceof Ref) return Reflect.get(resources.get(value.name)!, value.attribute);
    if (value instanceof Json) return jsonStringify(real(value.value));
    if (value instanceof Mapped) return all(value.values.map(real) as Output<unknown>[]).apply(value.apply);
    if (Array.isArray(value)) return value.map(real);
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, real(one)]));
    return value;
  };
  for (const { type, name, props = {}, ignoreChanges, dependsOn, state } of program) {
    const wanted = [...(attributes.get(name) ?? [])].filter((key) => key !== "id" && !(key in props));
    const args = { ...(real(props) as object), ...Object.fromEntries(wanted.map((key) => [key, undefined])) };
    resources.set(
      name,
      new AnyResource(type, name, args, {
        ...(ignoreChanges && { ignoreChanges: [...ignoreChanges] }),
        ...(dependsOn && { dependsOn: dependsOn.map((one) => resources.get(one)!) }),
        ...(state === "read" && { id: output(`${name}-read`) }),
      }),
    );
  }
}
