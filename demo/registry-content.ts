import {
  buildImage,
  type LayerCompression,
  pushImage,
  threeGzipTwelveZstd,
} from "../support/registry/images";
import type { TestRegistry } from "../support/registry/registry";

/** Steps of a Dockerfile as BuildKit records them; `CMD` and `ENTRYPOINT` make no layer. */
function history(...steps: readonly string[]): object[] {
  return steps.map((step) => ({
    created_by: step.replace(/^RUN /, "RUN /bin/sh -c "),
    comment: "buildkit.dockerfile.v0",
    ...(/^(CMD|ENTRYPOINT) /.test(step) && { empty_layer: true }),
  }));
}

/** Three layers of a base image, then twelve of our own. */
const apiHistory = history(
  "ADD rootfs.tar.xz /",
  "RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates tzdata",
  "COPY /usr/local/ /usr/local/",
  'CMD ["python3"]',
  "RUN apt-get update && apt-get install -y --no-install-recommends libpq5 curl",
  "RUN useradd --system --uid 10001 api",
  "WORKDIR /srv/api",
  "COPY requirements.txt .",
  "RUN pip install --no-cache-dir -r requirements.txt",
  "COPY certificates/ /usr/local/share/ca-certificates/",
  "RUN update-ca-certificates",
  "COPY migrations/ migrations/",
  "COPY templates/ templates/",
  "COPY static/ static/",
  "COPY src/ src/",
  "RUN python3 -m compileall -q src",
  'ENTRYPOINT ["python3", "-m", "src.main"]',
);

/** Real images, layers and all: a good one, the 3 + 12 layers of the well-known error, and the same image rebuilt with gzip. */
export function fillRegistry(registry: TestRegistry): void {
  const api = (layers: readonly LayerCompression[]) =>
    buildImage({ layers, family: "docker", content: "api", history: apiHistory });
  const web = buildImage({ layers: ["gzip", "gzip", "gzip", "gzip"], family: "docker", content: "web" });
  pushImage(registry, "shop/web", "1", web);
  pushImage(registry, "shop/api", "1", api(threeGzipTwelveZstd));
  pushImage(registry, "shop/api", "2", api(threeGzipTwelveZstd.map(() => "gzip")));
}
