import { type Declared, ref } from "../../../support/engine/declared";
import { allow, attach, hubImage, inlinePolicy, task } from "../../../support/engine/fragments";
import { cache, exec, good, imports, opaque } from "./roles";

/** Programs with a pull through cache whose roles are fine, or cannot be judged. */
export const goodCaches: Record<string, readonly Declared[]> = {
  "a cache, and a role that may import": [
    cache,
    exec,
    good,
    inlinePolicy("p", ref("exec", "name"), allow(imports)),
    task("web"),
  ],
  "a cache that the image is not below": [
    { ...cache, props: { ...cache.props, ecrRepositoryPrefix: "other" } },
    exec,
    good,
    task("web"),
  ],
  "a cache in another region": [
    { ...cache, props: { ...cache.props, region: "eu-west-2" } },
    exec,
    good,
    task("web"),
  ],
  "a cache in the region of another provider": [
    { ...cache, provider: { region: "eu-west-2" } },
    exec,
    good,
    task("web"),
  ],
  "a cache in the account of another provider": [
    { ...cache, provider: { allowedAccountIds: JSON.stringify(["210987654321"]) } },
    exec,
    good,
    task("web"),
  ],
  ...Object.fromEntries(
    [
      "AdministratorAccess",
      "PowerUserAccess",
      "AmazonEC2ContainerRegistryFullAccess",
      "AmazonEC2ContainerRegistryPullOnly",
    ].map((policy) => [
      `a cache, and a role with ${policy}`,
      [cache, exec, attach("a", ref("exec", "name"), `arn:aws:iam::aws:policy/${policy}`), task("web")],
    ]),
  ),
  "a cache, and a policy of the registry": [
    cache,
    opaque("registry", "aws:ecr/registryPolicy:RegistryPolicy"),
    exec,
    good,
    task("web"),
  ],
  "a cache, and an image of another registry": [cache, exec, good, task("web", hubImage)],
};
