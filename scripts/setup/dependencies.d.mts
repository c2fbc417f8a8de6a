export function dependenciesCurrent(checkout: string): boolean;
