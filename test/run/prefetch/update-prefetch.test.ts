import assert from "node:assert/strict";
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DocumentCache } from "../../../policypack/cache/documents";
import { imageFolder } from "../../../policypack/cache/location";
import { Inspector } from "../../../policypack/inspection/inspector";
import { parseReference } from "../../../policypack/oci/reference";
import { namedImage } from "../../../policypack/run/prefetch/expected-image";
import { Pushes } from "../../../policypack/run/prefetch/push-dependencies";
import { UpdatePrefetch } from "../../../policypack/run/prefetch/update-prefetch";
import {
  analyze,
  nameStack,
  type Registered,
  taskDefinition,
  urnOf,
  type Violation,
} from "../../../support/engine/fake-engine";
import { pushImage } from "../../../support/registry/images";
import { good, mixed, stackBench, stackRecords } from "../../../support/engine/policy-runs";
import { eventually } from "../../../support/mocha/eventually";

describe("an update after its preview", () => {
  const names = Array.from({ length: 8 }, (_, n) => `app${n}`);
  const bench = stackBench(names);
  const { image, program, asked } = bench;
  const records = () => stackRecords(bench.directory);

  it("prefetches all images with the first one that its program names, and none before", async () => {
    assert.deepEqual(await analyze("preview", program()), []);
    asked();
    const bucket = { type: "aws:s3/bucket:Bucket", name: "b", props: {} };
    const none = async () => {
      await pause(200);
      assert.deepEqual(asked(), []);
    };
    assert.deepEqual(await analyze("update", [bucket, { ...program()[0]!, before: none }]), []);
    await eventually(() => bench.registry.log.length >= names.length);
    assert.deepEqual(
      asked().sort(),
      names.map((name) => `HEAD ${name}`),
    );
  });

  it("uses the prefetched answers, each requested once", async () => {
    await analyze("preview", program());
    asked();
    bench.registry.gather(5);
    assert.deepEqual(await analyze("update", program()), []);
    assert.deepEqual(
      asked().sort(),
      names.map((name) => `HEAD ${name}`),
    );
  });

  for (const mode of ["preview", "update"] as const)
    it(`finds on disk what a run fetched, when the stack of that run has ended (${mode})`, async () => {
      await analyze(mode, program());
      // Without what this process has in memory.
      const onDisk = new DocumentCache(imageFolder({ directory: bench.directory })!);
      for (const repository of names) {
        const name = { registry: bench.registry.host, repository };
        assert.deepEqual(onDisk.tag(name, "1"), { digest: good.digest });
        assert.deepEqual(onDisk.document(name, good.digest), good.manifest);
      }
    });

  it("judges a tag that was pushed again as it is then", async () => {
    await analyze("preview", program());
    pushImage(bench.registry, "app5", "1", mixed);
    const found = await analyze("update", program());
    assert.ok(found.some(({ level, message }) => level === "mandatory" && message.includes(image("app5"))));
  });

  it("does not prefetch an image that is exempt by then", async () => {
    await analyze("preview", program());
    asked();
    const exclude = [{ image: image("app3"), reason: "TEAM-1" }];
    await analyze("update", program().slice(0, 1), { "mixed-layer-compression": { exclude } });
    const others = names.filter((name) => name !== "app3");
    await eventually(() => bench.registry.log.length >= others.length);
    assert.deepEqual(
      asked().sort(),
      others.map((name) => `HEAD ${name}`),
    );
  });

  it("of another stack prefetches nothing", async () => {
    await analyze("preview", program());
    asked();
    nameStack("project", "other");
    await analyze("update", program().slice(0, 1));
    assert.deepEqual(asked(), ["HEAD app0"]);
  });

  const odd: [what: string, spoil: (file: string) => void][] = [
    [
      "garbage",
      (file) => {
        writeFileSync(file, "\u0000garbage");
      },
    ],
    [
      "other JSON",
      (file) => {
        writeFileSync(
          file,
          '{"images":[null,1,{"image":1},{"image":"::","platform":"x/y"},{"image":"a","platform":"?"}]}',
        );
      },
    ],
    [
      "a list",
      (file) => {
        writeFileSync(file, "[]");
      },
    ],
    [
      "too large",
      (file) => {
        writeFileSync(file, Buffer.alloc(3e6));
      },
    ],
    [
      "too old",
      (file) => {
        utimesSync(file, 1e9, 1e9);
      },
    ],
    [
      "from the future",
      (file) => {
        utimesSync(file, 4e9, 4e9);
      },
    ],
  ];
  for (const [what, spoil] of odd) {
    it(`ignores a record that is ${what}`, async () => {
      await analyze("preview", program());
      records().forEach(spoil);
      asked();
      assert.deepEqual(await analyze("update", program().slice(0, 1)), []);
      assert.deepEqual(asked(), ["HEAD app0"]);
    });
  }

  it("finds only names of the program in the record", async () => {
    const containers = [
      { name: "app", image: image("app0"), environment: [{ name: "KEY", value: "planted-secret" }] },
      { name: "odd", image: "user:planted-secret@host/app" },
      {
        name: "own",
        image: image("app1"),
        repositoryCredentials: { credentialsParameter: "arn:planted-secret" },
      },
    ];
    await analyze("preview", [{ name: "web", props: { containerDefinitions: JSON.stringify(containers) } }]);
    const [record = ""] = records();
    assert.deepEqual(JSON.parse(readFileSync(record, "utf8")), {
      images: [{ image: image("app0"), platform: "linux/amd64" }],
      pushers: [],
    });
    for (const name of readdirSync(join(bench.directory, "images-v1")))
      assert.ok(!readFileSync(join(bench.directory, "images-v1", name), "utf8").includes("planted-secret"));
  });

  it("counts images that the program names, not those that were prefetched", async () => {
    const inspector = new Inspector({ cache: { directory: bench.directory } });
    const platform = { os: "linux", architecture: "amd64" };
    const images = names.map((name) => namedImage(parseReference(image(name)), platform, {}));
    const update = new UpdatePrefetch(inspector, { images, pushers: [] }, new Pushes());
    await update.inspect(image("app0"), platform);
    await eventually(() => bench.registry.requestsTo("/manifests/").length >= names.length);
    assert.equal(inspector.statistics.images, 1);
    await inspector.close();
  });

  describe("whose program pushes images", () => {
    const command = { type: "command:local:Command", name: "deploy", props: { create: "./deploy.sh" } };
    const builds = (name: string) => ({
      type: "docker:index/image:Image",
      name: "build",
      props: { imageName: image(name) },
    });
    /** A task definition of its own for an image. */
    const task = (name: string, of: string, more: Partial<Registered> = {}): Registered => ({
      ...taskDefinition(name, { app: image(of) }),
      ...more,
    });
    /** What a resource before pushes is there when this one is registered. */
    const pushed = (name: string) => ({
      before: () => Promise.resolve(pushImage(bench.registry, name, "1", mixed)),
    });
    const requestsFor = (name: string) => asked().filter((request) => request.endsWith(` ${name}`));
    const blocked = (found: readonly Violation[]) => [
      ...new Set(found.filter(({ level }) => level === "mandatory").map(({ urn }) => urn.split("::").at(-1))),
    ];

    it("queries each tag once, however late, if none of them is pushed", async () => {
      const pushers = [command, builds("other")];
      await analyze("preview", [...pushers, ...program()]);
      asked();
      const late = program().map((resource, n) =>
        n % 4 === 1 ? { ...resource, before: () => pause(300) } : resource,
      );
      assert.deepEqual(blocked(await analyze("update", [...pushers, ...late])), []);
      assert.deepEqual(
        asked().sort(),
        names.map((name) => `HEAD ${name}`),
      );
    });

    const dependent = { dependencies: [urnOf(command)] };
    const own = { "unpullable-layers": { imageTimeoutSeconds: 7 } };
    const cases: [
      what: string,
      requests: number,
      preview: () => readonly Registered[],
      update: () => readonly Registered[],
      config?: Record<string, object>,
    ][] = [
      [
        "that a resource names as the one it pushes",
        4,
        () => [task("a", "app0"), task("b", "app5"), builds("app5"), task("c", "app5")],
        () => [task("a", "app0"), task("b", "app5"), builds("app5"), task("c", "app5", pushed("app5"))],
      ],
      [
        "that a resource uses which depends on a command",
        4,
        () => [task("a", "app0"), command, task("b", "app5"), task("c", "app5", dependent)],
        () => [task("a", "app0"), command, task("b", "app5"), task("c", "app5", pushed("app5"))],
      ],
      [
        "if the preview did not show a resource that may push",
        4,
        () => [task("a", "app0"), task("b", "app5"), task("c", "app5")],
        () => [task("a", "app0"), task("b", "app5"), command, task("c", "app5", pushed("app5"))],
      ],
      [
        "for a policy with settings of its own",
        7,
        () => [],
        () => [task("a", "app0"), command, task("b", "app5"), task("c", "app5", pushed("app5"))],
        own,
      ],
      [
        "without a preview",
        5,
        () => [],
        () => [task("a", "app0"), command, task("b", "app5"), task("c", "app5", pushed("app5"))],
      ],
    ];
    for (const [what, requests, preview, update, config] of cases)
      it(`queries a tag again after its push ${what}`, async () => {
        await analyze("preview", preview(), config);
        asked();
        assert.deepEqual(blocked(await analyze("update", update(), config)), ["c"]);
        assert.equal(requestsFor("app5").length, requests);
      });
  });
});
