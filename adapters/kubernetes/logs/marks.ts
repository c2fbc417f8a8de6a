const MIB = 1024 * 1024;

/**
 * Lines that Trainyard itself writes into a log. They carry no time, so that no mark is ever taken for a line of the
 * container when the log is read again.
 */
export const MARKS = {
  cap: (bytes: number): string =>
    `… the log is longer than ${sizeText(bytes)}: of what follows only the last lines are kept, and written here at the end …`,
  leftOut: (lines: number): string => `… ${lines} lines are left out here …`,
  gone: '… the pod was gone before the rest of its log could be read …',
  late: (seconds: number): string => `… the rest of the log could not be read within ${seconds} s …`,
  rotated: '… the node had put the log aside before it was read: lines may be missing here …',
  unreadable: (container: string, why: string): string =>
    `… the log of ${container} could not be read to its end: ${why} …`,
} as const;

function sizeText(bytes: number): string {
  return bytes >= MIB ? `${Math.round(bytes / MIB)} MiB` : `${bytes} bytes`;
}
