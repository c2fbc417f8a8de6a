import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { signedUrl } from '../../../../adapters/notify/dingtalk.ts';
import { signatureOf } from '../../../../adapters/notify/feishu.ts';
import { escapeMrkdwn } from '../../../../adapters/notify/slack.ts';
import { keyOf, signedHeaders } from '../../../../adapters/notify/webhook.ts';

/** HMAC-SHA256 by another program, base64. The key goes as hex: it holds line breaks. */
function opensslHmac(key: string, text: string): string {
  const hex = Buffer.from(key).toString('hex');
  const args = ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', `hexkey:${hex}`, '-binary'];
  return execFileSync('openssl', args, { input: text }).toString('base64');
}

const SECRETS = ['SECabc', '密钥 with spaces & signs +/=', 'x'.repeat(200)];
const NOW = 1_785_000_000_123;

describe('a signed webhook', () => {
  it("is accepted by the receivers' own library, and not with one byte changed", () => {
    for (const bytes of [24, 32, 64]) {
      const secret = `whsec_${randomBytes(bytes).toString('base64')}`;
      const body = JSON.stringify({ title: 'ä 中 "quoted" \u{1f600}', n: 1 });
      const timestamp = Math.floor(Date.now() / 1000);
      const headers = signedHeaders(keyOf(secret) ?? Buffer.alloc(0), 'msg_1', timestamp, body);
      const library = new Webhook(secret);
      expect(library.verify(body, headers)).toEqual(JSON.parse(body));
      expect(() => library.verify(`${body} `, headers)).toThrow('No matching signature found');
      expect(() => library.verify(body, { ...headers, 'webhook-id': 'msg_2' })).toThrow('No matching signature found');
      expect(headers['webhook-signature']).toBe(library.sign('msg_1', new Date(timestamp * 1000), body));
    }
  });

  it.each([
    ['no prefix', Buffer.alloc(32).toString('base64')],
    ['too short a key', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['too long a key', `whsec_${Buffer.alloc(65).toString('base64')}`],
    ['something else than base64', 'whsec_no way!'],
  ])('is never signed with a secret of %s', (_claim, secret) => {
    expect(keyOf(secret)).toBeNull();
  });
});

describe('the address of a DingTalk robot', () => {
  it.each(SECRETS)('carries milliseconds, and a signature with the secret as the key: %s', (secret) => {
    const url = signedUrl(new URL('https://oapi.dingtalk.com/robot/send?access_token=t0k'), secret, NOW);
    expect(url.searchParams.get('timestamp')).toBe('1785000000123');
    const expected = opensslHmac(secret, `1785000000123\n${secret}`);
    expect(url.searchParams.get('sign')).toBe(expected);
    expect(url.search).toContain(`sign=${encodeURIComponent(expected)}`);
    expect(url.searchParams.get('access_token')).toBe('t0k');
  });
});

describe('the body for a Feishu robot', () => {
  it.each(SECRETS)('carries seconds, and a signature of nothing with time and secret as the key: %s', (secret) => {
    const { timestamp, sign } = signatureOf(secret, NOW);
    expect(timestamp).toBe('1785000000');
    expect(sign).toBe(opensslHmac(`1785000000\n${secret}`, ''));
  });
});

describe('text for Slack', () => {
  it('can make no link, no mention and no entity', () => {
    expect(escapeMrkdwn('<!channel> <http://evil|click> &lt;')).toBe(
      '&lt;!channel&gt; &lt;http://evil|click&gt; &amp;lt;',
    );
  });
});
