export function publishedDigest(list: string, name: string): string | null;
