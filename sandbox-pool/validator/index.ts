export { reviewCode } from './review-code.ts';
export { explainReview } from './explain-review.ts';
export { rememberReviews } from './remember-reviews.ts';
