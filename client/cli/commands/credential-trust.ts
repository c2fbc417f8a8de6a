import { TrainyardError } from '../../../domain/errors.ts';
import { fetchCertificate, parseHost } from '../certificate.ts';
import type { ShownCertificate } from '../certificate.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { textOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import type { Say } from '../messages/texts.ts';
import { printResult, tell } from '../output.ts';
import { confirm } from '../prompt.ts';
import { pairs } from '../terminal/table.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const say = texts(context.lang);
  const [host = ''] = input.args;
  const shownHost = cleanText(host);
  const certificate = await fetchCertificate(parseHost(host), context.signal);
  tell(context, ...certificateLines(certificate, say));
  const wanted = textOf(input, 'fingerprint');
  if (wanted !== undefined && plain(wanted) !== plain(certificate.fingerprint)) {
    throw new TrainyardError('TY_GIT_TLS', say('trust.mismatch'), {
      where: shownHost,
      why: `SHA-256 ${certificate.fingerprint}`,
      fix: 'ask whoever runs the server for its fingerprint',
    });
  }
  const question = say('ask.trust', { host: shownHost });
  if (wanted === undefined && !(await confirm(context, question, `credential trust ${shownHost}`))) {
    tell(context, say('ask.declined'));
    return EXIT.declined;
  }
  const credentials = await context.credentials();
  const path = await credentials.trust(host, certificate.pem);
  const data = { host, fingerprint: certificate.fingerprint, subject: certificate.subject, path };
  await printResult(context, { data, names: [host], lines: () => [say('trust.stored', { host: shownHost })] });
  return EXIT.ok;
}

function certificateLines(certificate: ShownCertificate, say: Say): string[] {
  return pairs([
    [say('trust.subject'), cleanText(certificate.subject)],
    [say('trust.issuer'), cleanText(certificate.issuer)],
    [say('trust.valid'), `${certificate.validFrom} – ${certificate.validTo}`],
    [say('trust.fingerprint'), certificate.fingerprint],
  ]);
}

/** `SHA256:ab:cd…`, `AB:CD…` and `abcd…` are the same fingerprint. */
function plain(fingerprint: string): string {
  return fingerprint
    .replace(/^sha256[:=]/i, '')
    .replace(/[^0-9a-f]/gi, '')
    .toLowerCase();
}
