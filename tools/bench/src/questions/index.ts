/** Every question there is, in the order in which they are asked. */
import { checkQuestion } from "./check.ts";
import { decoderQuestion } from "./decoder.ts";
import { exportQuestion } from "./export.ts";
import { kernelsQuestion } from "./kernels.ts";
import { keysQuestion } from "./keys.ts";
import type { Question } from "./question.ts";
import { summaryQuestion } from "./summary.ts";

export const questions: readonly Question[] = [
  checkQuestion,
  summaryQuestion,
  keysQuestion,
  exportQuestion,
  decoderQuestion,
  kernelsQuestion,
];
