export { explainReview, reviewCode } from '../../sandbox-pool/validator/index.ts';
