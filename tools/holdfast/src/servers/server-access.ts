/** How to reach one server: the URL, the certificates and the password of a command line, put together. */
import type { Address, TlsOptions } from "@holdfast/platform";
import type { Credentials } from "@holdfast/resync";

export interface ServerAccess {
  readonly address: Address;
  /** Where it is now, to be asked before each connection; undefined: at `address`. */
  readonly locate?: () => Promise<Address>;
  /** The server in messages: without its password. */
  readonly shown: string;
  readonly tls: TlsOptions | undefined;
  readonly credentials: Credentials | undefined;
}
