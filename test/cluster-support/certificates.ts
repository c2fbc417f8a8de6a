import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate and its key, as files. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** The certificates of one test cluster, made by the `openssl` program (3.0 or newer). They live for two days. */
export class Authority {
  readonly folder: string;
  readonly ca: Identity;
  /** What service account tokens are signed with and checked by. */
  readonly serviceAccounts: { readonly key: string; readonly publicKey: string };

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.folder = folder;
    this.ca = this.#request('ca', '/CN=trainyard-test-ca', []);
    this.serviceAccounts = { key: join(folder, 'sa.key'), publicKey: join(folder, 'sa.pub') };
    const pair = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    writeFileSync(this.serviceAccounts.key, pair.privateKey, { mode: 0o600 });
    writeFileSync(this.serviceAccounts.publicKey, pair.publicKey);
  }

  /**
   * A certificate for a user, who is `name` in the group `group` for the API server, or for a server on loopback.
   * @param names of a server: `IP:127.0.0.1,DNS:localhost`
   */
  issue(file: string, name: string, group: string, names?: string): Identity {
    const extensions = [
      'basicConstraints=critical,CA:FALSE',
      'keyUsage=digitalSignature,keyEncipherment',
      'extendedKeyUsage=serverAuth,clientAuth',
      ...(names === undefined ? [] : [`subjectAltName=${names}`]),
    ];
    const signed = ['-CA', this.ca.cert, '-CAkey', this.ca.key];
    const added = extensions.flatMap((extension) => ['-addext', extension]);
    return this.#request(file, `/O=${group}/CN=${name}`, [...signed, ...added]);
  }

  #request(file: string, subject: string, more: readonly string[]): Identity {
    const made = { cert: join(this.folder, `${file}.crt`), key: join(this.folder, `${file}.key`) };
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', made.key];
    execFileSync('openssl', ['req', '-x509', '-days', '2', '-subj', subject, ...key, '-out', made.cert, ...more], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return made;
  }
}
