/** What tests share: seeds and chunkings, fixtures, an independent checksum, real servers. */
export { type Chunking, chunkings } from "./chunkings.ts";
export {
  type Conversation,
  type ConversationLine,
  conversationBytes,
  conversationText,
  readConversation,
  shortReplids,
} from "./conversation.ts";
export { crc64Bytes, crc64Oracle } from "./crc64-oracle.ts";
export { type Fixture, fixturePath, listFixtures, parseHex, readHexFixture } from "./fixtures.ts";
export { type SeededRandom, seededRandom, testSeed } from "./random.ts";
export {
  connectTo,
  describeWithServer,
  type ServerClient,
  type ServerInUse,
  type WithServerOptions,
  withServer,
} from "./real-servers.ts";
export { certPem, keyPem } from "./self-signed.ts";
export { describeWithSmallDisks, type SmallDisk, withSmallDisk } from "./small-disk.ts";
