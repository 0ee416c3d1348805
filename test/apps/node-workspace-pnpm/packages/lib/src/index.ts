export const hi = (): string => 'npm workspace'
