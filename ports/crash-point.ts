/**
 * Named places before and after each outside effect. In production the hook is never set and a call costs
 * one comparison; the crash tests set it to end the process at the n-th hit.
 */
let hook: ((name: string) => void) | undefined;

export function setCrashHook(next: (name: string) => void): void {
  hook = next;
}

export function crashPoint(name: string): void {
  hook?.(name);
}
