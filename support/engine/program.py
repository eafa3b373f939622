"""A Pulumi program in Python, run inline by the Automation API: prints the preview, exits 1 if it did not pass.

usage: program.py PACK IMAGE
"""

import json
import os
import sys

import pulumi
from pulumi import automation

pack, image = sys.argv[1:]


class Service(pulumi.ComponentResource):
    def __init__(self, name: str):
        super().__init__("shop:index:LocalService", name)
        containers = json.dumps([{"name": "app", "image": image}])
        pulumi.CustomResource(
            "aws:ecs/taskDefinition:TaskDefinition",
            f"{name}-task",
            {"family": name, "containerDefinitions": containers},
            pulumi.ResourceOptions(parent=self),
        )


stack = automation.create_or_select_stack(
    stack_name="python",
    project_name="guarded",
    program=lambda: Service("web") and None,
    opts=automation.LocalWorkspaceOptions(
        work_dir=os.getcwd(), pulumi_home=os.environ["PULUMI_HOME"]
    ),
)
try:
    stack.preview(policy_packs=[pack], on_output=print, color="never")
except automation.CommandError as error:
    print(error)
    sys.exit(1)
