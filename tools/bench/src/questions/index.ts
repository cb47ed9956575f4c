/** Every question there is, in the order in which they are asked. */
import { aofCheckQuestion } from "./aof-check.ts";
import { aofWriteQuestion } from "./aof-write.ts";
import { checkQuestion } from "./check.ts";
import { convertQuestion } from "./convert.ts";
import { decoderQuestion } from "./decoder.ts";
import { diffQuestion } from "./diff.ts";
import { exportQuestion } from "./export.ts";
import { kernelsQuestion } from "./kernels.ts";
import { keysQuestion } from "./keys.ts";
import { pullQuestion } from "./pull.ts";
import type { Question } from "./question.ts";
import { relayQuestion } from "./relay.ts";
import { replayQuestion } from "./replay.ts";
import { serveQuestion } from "./serve.ts";
import { summaryQuestion } from "./summary.ts";
import { syncQuestion } from "./sync.ts";
import { writeQuestion } from "./write.ts";

export const questions: readonly Question[] = [
  checkQuestion,
  summaryQuestion,
  keysQuestion,
  exportQuestion,
  writeQuestion,
  convertQuestion,
  diffQuestion,
  aofCheckQuestion,
  serveQuestion,
  replayQuestion,
  decoderQuestion,
  kernelsQuestion,
  aofWriteQuestion,
  pullQuestion,
  relayQuestion,
  syncQuestion,
];
