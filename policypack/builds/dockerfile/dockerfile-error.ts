/** Why a Dockerfile cannot be read, in words that complete "… could not be read: …". Never leaves this folder. */
export class DockerfileError extends Error {}
