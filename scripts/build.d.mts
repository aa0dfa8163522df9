/** @throws what esbuild says about sources that do not parse */
export function build(checkout: string): Promise<{ readonly folder: string; readonly made: boolean }>;
