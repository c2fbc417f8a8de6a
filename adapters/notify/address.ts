const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether a host is this very machine. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/**
 * Why an address is not used, or `null`. It is read by the parser that also opens it, so that the two agree on the host.
 * @param plainHttp whether http may leave this machine
 */
export function refusal(url: URL | null, plainHttp: boolean): string | null {
  if (url === null) return 'it is not the address of a webhook';
  if (url.username !== '' || url.password !== '') return 'the address holds a user name or a password';
  if (url.protocol === 'https:') return null;
  if (url.protocol !== 'http:') return 'the address does not begin with https://';
  if (plainHttp || isLoopback(url.hostname)) return null;
  return 'the address is plain http: use https, or plainHttp: true in the settings of the channel';
}
