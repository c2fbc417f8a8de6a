export function formatDuration(milliseconds: number): string;
export function formatBytes(bytes: number): string;
export function compareVersions(left: string, right: string): number;
