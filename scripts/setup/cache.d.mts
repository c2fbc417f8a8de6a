export function cacheRoot(env?: Readonly<Record<string, string | undefined>>): string;
export function cacheBin(root: string): string;
export function scratchFolder(root: string, label: string): string;
export function removeScratch(): void;
export function moveIn(from: string, to: string): void;
