export function servingPackages(torchVersion: string): readonly string[];
export function environmentKey(base: {
  readonly executable: string;
  readonly version: string;
  readonly torch: string | null;
}): string;
