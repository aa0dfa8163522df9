export function recorder(file: string): (key: string) => Promise<void>;
export function checkedRecorder(file: string): (key: string) => Promise<void>;
export const steps: readonly string[];
