export function lastLine(file: string, exitCode: number): { readonly line: string; readonly ok: boolean };
