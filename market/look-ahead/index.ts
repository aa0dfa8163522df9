export { compareTruncated, type CompareOptions, type TruncatedRun } from './compare-truncated.ts';
export {
  CUTS_AT_CHANGES,
  LEAST_CUTS,
  truncationPoints,
  type TruncationOptions,
} from './truncation-points.ts';
