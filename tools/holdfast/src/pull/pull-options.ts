/** What the command line says of `pull`. */
import type { ProgressChoice } from "@holdfast/command-line";
import type { CredentialOptions } from "../credentials.ts";
import type { TlsFlags } from "../tls-settings.ts";

export interface PullCommandOptions extends CredentialOptions, TlsFlags {
  readonly output?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly timeout: string;
  readonly retries: string;
  readonly allowNoChecksum?: boolean;
  readonly follow?: string;
  readonly for?: string;
  readonly untilOffset?: string;
  readonly newBaseAfter: string;
  readonly progress: ProgressChoice;
}
