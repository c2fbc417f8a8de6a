/** A credential bound to one host. */
export interface Credential {
  readonly name: string;
  /** `host` or `host:port`. */
  readonly host: string;
  readonly username: string;
}

/** How git is given the secret: a file in git-credential format that only the owner can read. */
export interface CredentialFile extends Credential {
  readonly path: string;
}

/** Where credentials live. The secret itself never leaves through this interface but by `path`. */
export interface Credentials {
  /** Throws `TY_GIT_CREDENTIAL_MISSING`. */
  find(name: string): Promise<CredentialFile>;
  list(): Promise<readonly Credential[]>;
  set(credential: Credential, secret: string): Promise<void>;
  delete(name: string): Promise<boolean>;
  /** PEM of a pinned certificate for a host, as a file; `null` if none. */
  trustedCertificate(host: string): Promise<string | null>;
  trust(host: string, pem: string): Promise<string>;
}
