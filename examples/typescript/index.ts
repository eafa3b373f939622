import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

// `pulumi config set image registry.example/team/web:1.4.2`
const image = new pulumi.Config().require("image");

const cluster = new aws.ecs.Cluster("cluster");

const task = new aws.ecs.TaskDefinition("web", {
  family: "web",
  requiresCompatibilities: ["FARGATE"],
  networkMode: "awsvpc",
  cpu: "256",
  memory: "512",
  // The guard checks the image's manifest for this platform.
  runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: "ARM64" },
  containerDefinitions: JSON.stringify([
    { name: "web", image, essential: true, portMappings: [{ containerPort: 8080 }] },
  ]),
});

new aws.ecs.Service("web", {
  cluster: cluster.arn,
  taskDefinition: task.arn,
  desiredCount: 2,
  launchType: "FARGATE",
  networkConfiguration: { subnets: new pulumi.Config().requireObject<string[]>("subnets") },
});
