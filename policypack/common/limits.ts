/**
 * How much runs at the same time: every bound of the product, and every gate, in one table. The bounds of one image's work nest from the top down: what
 * the pack prefetches, how many images are inspected, how many requests are sent, how many connections are open.
 */
export const limits = {
  /**
   * Images that a preview inspects ahead once its program has named one of those that were expected; each further one doubles the number,
   * one that was not expected halves it (as in TCP's slow start). The record may be another program's: a wrong guess then costs few requests.
   */
  prefetchedInPreview: 4,
  /** The same for an update. Its record is mostly that of its own preview, so it sends at once as many requests as a host gets. */
  prefetchedInUpdate: 60,
  /** Images of the last preview that are read from the cache while the program starts: what is read stays in memory. */
  imagesReadAhead: 500,
  /**
   * Images of one registry that are inspected at a time. More than a registry is ever sent requests, so that it is kept busy; few enough
   * that images are finished one after another instead of all together at the end, which takes less memory.
   */
  inspectionsPerRegistry: 128,
  /**
   * Milliseconds that one request to a registry goes alone, while the others wait for its answer: it shows the scheme and where tokens come
   * from, so that not every one of them gets a 401 of its own. After that they no longer wait: it may just be slow.
   */
  firstRequestAloneMs: 2_000,
  /** Scopes of one token request: few enough for a service that looks each of them up. */
  scopesPerToken: 24,
  /** Repositories that try the first shared tokens of a service, while the others wait for what the registry answers them. */
  tokenTrials: 2,
  /** Milliseconds that they wait for it. */
  tokenTrialMs: 2_000,
  /**
   * Requests to one host, until the limiter learns from its responses that it bears fewer. Below `connections`, so that one slow host cannot
   * take them all.
   */
  requestsPerHost: 60,
  /**
   * Connections of one run, to all registries, mirrors, token services and ECR's storage together, idle ones included. A firewall's or a
   * proxy's table of connections bears so many from one client.
   */
  connections: 64,
  /** Connections of one client of the AWS SDK, which has its own: the SDK's default. */
  awsSdkConnections: 50,
  /** Images that one call of ECR's BatchGetImage may name (ECR API reference, BatchGetImage, `imageIds`). */
  ecrImagesPerCall: 100,
  /** Concurrent calls of ecs:DescribeTaskDefinition. ECS allows an account and region bursts of 50 calls, and 20 a second. */
  taskDefinitionsAtATime: 8,
} as const;
