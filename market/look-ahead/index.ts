export { compareTruncated, type CompareOptions, type TruncatedRun } from './compare-truncated.ts';
export { truncationPoints, type TruncationOptions } from './truncation-points.ts';
