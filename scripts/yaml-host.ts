import { buildProgram, type GoProgram } from "./go-build";

/** Pulumi's language host for YAML programs: the one host that Go's module proxy has. */
export const yamlHost: GoProgram = {
  name: "pulumi-language-yaml",
  package: "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
  version: "v1.25.0",
};

if (require.main === module)
  void buildProgram(yamlHost, (line) => process.stderr.write(`${line}\n`)).then((file) => {
    if (file === undefined) process.exitCode = 1;
    else process.stdout.write(`${file}\n`);
  });
