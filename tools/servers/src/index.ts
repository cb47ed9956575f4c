/** Real servers for tests and fixtures: which there are, where they are, and how one is started. */
export { type ServerFamily, type ServerId, type ServerTool, serverIds } from "./catalogue.ts";
export { ServerError, type ServerErrorCode } from "./errors.ts";
export { freePort } from "./free-port.ts";
export { type FindOptions, findServer, type ServerInstallation } from "./installation.ts";
export { type RunningServer, type StartOptions, startServer } from "./running-server.ts";
