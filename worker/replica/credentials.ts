import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Lays the files of a mounted Secret out as `trainyard credential` does, readable by nobody else: a mounted Secret is
 * links to files of root, which is not trusted with a token. Names end in `.pem` for certificates, the rest are
 * credentials. A port in the name of a certificate is written with `_`, because no key of a Secret holds a colon.
 */
export async function privateCredentials(secret: string, folder: string): Promise<string> {
  const credentials = join(folder, 'credentials');
  const certificates = join(folder, 'certificates');
  for (const made of [credentials, certificates]) await mkdir(made, { recursive: true, mode: 0o700 });
  for (const name of await readdir(secret).catch(() => [])) {
    // `..data` and the like are how a kubelet replaces them all at once.
    if (name.startsWith('.')) continue;
    const text = await readFile(join(secret, name), 'utf8');
    const isCertificate = name.endsWith('.pem');
    const target = isCertificate
      ? join(certificates, name.replace(/_(\d{1,5})\.pem$/, ':$1.pem'))
      : join(credentials, name);
    await writeFile(target, text, { mode: 0o600 });
  }
  return folder;
}
