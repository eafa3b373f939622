/** A kind of AWS resource, under the Pulumi types by which the classic AWS provider and aws-native know it. */
export interface Kind {
  readonly types: readonly string[];
  /** Outputs that AWS gives the resource when it is created, by which other resources name it. */
  readonly ids: readonly string[];
  /** Inputs by which other resources may name it as well. */
  readonly names?: readonly string[];
}

export const role: Kind = {
  types: ["aws:iam/role:Role", "aws-native:iam:Role"],
  ids: ["arn"],
  names: ["name", "roleName"],
};

export const managedPolicy: Kind = {
  types: ["aws:iam/policy:Policy", "aws-native:iam:ManagedPolicy"],
  ids: ["arn", "policyArn"],
};

export const taskDefinition: Kind = {
  types: ["aws:ecs/taskDefinition:TaskDefinition", "aws-native:ecs:TaskDefinition"],
  ids: ["arn", "taskDefinitionArn"],
};

export const daemonTaskDefinition: Kind = {
  types: ["aws:ecs/daemonTaskDefinition:DaemonTaskDefinition", "aws-native:ecs:DaemonTaskDefinition"],
  ids: ["arn", "daemonTaskDefinitionArn"],
};

export const expressGatewayService: Kind = {
  types: ["aws:ecs/expressGatewayService:ExpressGatewayService", "aws-native:ecs:ExpressGatewayService"],
  ids: ["serviceArn"],
};

export const jobDefinition: Kind = {
  types: ["aws:batch/jobDefinition:JobDefinition", "aws-native:batch:JobDefinition"],
  ids: ["arn", "jobDefinitionArn"],
};

export const cluster: Kind = { types: ["aws:ecs/cluster:Cluster", "aws-native:ecs:Cluster"], ids: ["arn"] };

export const queue: Kind = { types: ["aws:sqs/queue:Queue", "aws-native:sqs:Queue"], ids: ["arn"] };

export const encryptionKey: Kind = { types: ["aws:kms/key:Key", "aws-native:kms:Key"], ids: ["arn"] };

/** With the components of awsx that make one. */
export const ecrRepository: Kind = {
  types: [
    "aws:ecr/repository:Repository",
    "aws-native:ecr:Repository",
    "awsx:ecr:Repository",
    "awsx:ecr:Image",
  ],
  ids: ["id"],
};

/** Says what others may do in the whole private ECR registry. */
export const registryPolicy: Kind = {
  types: ["aws:ecr/registryPolicy:RegistryPolicy", "aws-native:ecr:RegistryPolicy"],
  ids: ["id"],
};

/** aws-native keeps the egress rule that AWS gives a new group, so what is proven by its absence holds for the classic provider only. */
export const securityGroup: Kind = { types: ["aws:ec2/securityGroup:SecurityGroup"], ids: ["id"] };

export const vpc: Kind = { types: ["aws:ec2/vpc:Vpc", "aws-native:ec2:Vpc"], ids: ["id", "vpcId"] };

export const subnet: Kind = {
  types: ["aws:ec2/subnet:Subnet", "aws-native:ec2:Subnet"],
  ids: ["id", "subnetId"],
};

export const routeTable: Kind = {
  types: ["aws:ec2/routeTable:RouteTable", "aws-native:ec2:RouteTable"],
  ids: ["id", "routeTableId"],
};

export const internetGateway: Kind = {
  types: ["aws:ec2/internetGateway:InternetGateway", "aws-native:ec2:InternetGateway"],
  ids: ["id", "internetGatewayId"],
};

export const routeTableAssociation: Kind = {
  types: [
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws-native:ec2:SubnetRouteTableAssociation",
  ],
  ids: ["id"],
};

export const route: Kind = { types: ["aws:ec2/route:Route", "aws-native:ec2:Route"], ids: ["id"] };
