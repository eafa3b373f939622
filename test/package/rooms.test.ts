import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** What ESLint enforces of a room. */
interface Room {
  readonly knows: readonly string[];
  readonly outside?: boolean;
}

const root = join(__dirname, "../..");
const guide = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");
/** Room → the cells of its row: what it is for, what to read first, whether it does I/O, whom it knows. */
const rows = new Map(
  [...guide.matchAll(/^\| `([a-z]+)\/` +\|(.*)\|$/gm)].map(([, room = "", cells = ""]) => [
    room,
    cells.split("|").map((cell) => cell.trim()),
  ]),
);
const everyRoom = "every room";

/** The rooms that a text names: `http/`. */
function namedIn(text: string): string[] {
  return [...text.matchAll(/`([a-z]+)\/`/g)].map(([, room = ""]) => room);
}

describe("CONTRIBUTING's table of rooms", () => {
  let rooms: ReadonlyMap<string, Room>;
  before(async () => {
    const config = (await import(pathToFileURL(join(root, "eslint.config.mjs")).href)) as {
      rooms: Record<string, Room>;
    };
    rooms = new Map(Object.entries(config.rooms));
  });

  it("has a row for each folder of policypack/, and no other", () => {
    const folders = readdirSync(join(root, "policypack"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    assert.deepEqual([...rows.keys()].sort(), folders.sort());
  });

  it("names the files to read first", () => {
    for (const [room, [, first = ""]] of rows)
      for (const [, file = ""] of first.matchAll(/`([^`]+)`/g))
        assert.ok(existsSync(join(root, "policypack", room, file)), `${room}/ has no ${file}`);
  });

  it("says of each room what ESLint lets it import", () => {
    const [, only = ""] = /and ([^.]+) use `common\/` only\./.exec(guide.replace(/\s+/g, " ")) ?? [];
    const commonOnly = namedIn(only);
    assert.ok(commonOnly.length > 0, "the sentence on oci/ and common/ is missing");
    for (const [room, [, , , knows = ""]] of rows) {
      const enforced = rooms.get(room);
      if (enforced === undefined) assert.equal(knows, everyRoom, room);
      else {
        const implied = room === "common" ? [] : commonOnly.includes(room) ? ["common"] : ["oci", "common"];
        assert.deepEqual([...namedIn(knows), ...implied].sort(), [...enforced.knows].sort(), `${room}/`);
      }
    }
  });

  it("says of each room whether ESLint lets it do I/O", () => {
    for (const [room, [, , io]] of rows) {
      const { outside = false } = rooms.get(room) ?? { outside: true };
      assert.equal(io, outside ? "yes" : "no", `${room}/`);
    }
  });
});
