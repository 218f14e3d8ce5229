#include "deploy/ctl/connect_framing.h"

#include <absl/strings/escaping.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proto/google/rpc/status.pb.h"
#include "services/common/base/status.h"

namespace kefu::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::string_literals;

TEST(ConnectFraming, AnEnvelopeIsFlagsThenLengthThenPayload) {
  EXPECT_EQ(EncodeEnvelope("ab", 2), "\x02\x00\x00\x00\x02"s + "ab");
  EXPECT_EQ(EncodeEnvelope(std::string(0x010203, 'x')).substr(0, 5), "\x00\x00\x01\x02\x03"s);
}

TEST(ConnectFraming, EnvelopesComeOutWholeHoweverTheBytesAreCut) {
  const std::string bytes =
      EncodeEnvelope("first") + EncodeEnvelope("") + EncodeEnvelope("{}", Envelope::kEndOfStream);
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    EnvelopeDecoder decoder;
    std::vector<std::string> payloads;
    bool ended = false;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      decoder.Feed(std::string_view(bytes).substr(at, piece));
      while (true) {
        const auto envelope = decoder.Next();
        ASSERT_TRUE(envelope.ok());
        if (!envelope->has_value()) break;
        payloads.push_back((*envelope)->payload);
        ended = (*envelope)->end_of_stream();
      }
    }
    EXPECT_THAT(payloads, ElementsAre("first", "", "{}")) << piece;
    EXPECT_TRUE(ended);
    EXPECT_FALSE(decoder.mid_envelope());
  }
}

TEST(ConnectFraming, ACompressedEnvelopeIsRefused) {
  EnvelopeDecoder decoder;
  decoder.Feed(EncodeEnvelope("x", Envelope::kCompressed));
  EXPECT_EQ(decoder.Next().status().code(), absl::StatusCode::kInternal);
}

TEST(ConnectFraming, AnOversizeEnvelopeIsRefusedBeforeItHasCome) {
  EnvelopeDecoder decoder(/*max_payload=*/8);
  decoder.Feed(EncodeEnvelope("123456789").substr(0, 5));
  EXPECT_EQ(decoder.Next().status().code(), absl::StatusCode::kInternal);
}

// An error as a server of the Connect protocol writes it.
std::string ErrorJson(const absl::Status& status, bool padded) {
  google::rpc::Status encoded;
  EXPECT_TRUE(encoded.ParseFromString(EncodeRpcStatus(status)));
  std::string details;
  for (const auto& detail : encoded.details()) {
    std::string value = absl::Base64Escape(detail.value());
    while (!padded && !value.empty() && value.back() == '=') value.pop_back();
    const std::string type = detail.type_url().substr(detail.type_url().rfind('/') + 1);
    if (!details.empty()) details += ",";
    details += R"({"type":")" + type + R"(","value":")" + value + R"("})";
  }
  return R"({"code":"aborted","message":"Read it again.","details":[)" + details + "]}";
}

TEST(ConnectFraming, AnErrorKeepsItsReasonMetadataAndRetryDelay) {
  absl::Status sent =
      Error(absl::StatusCode::kAborted, "STALE_FENCE", "Read it again.", {{"fence", "7"}});
  sent = WithRetryDelay(sent, 1250);
  for (const bool padded : {true, false}) {
    const absl::Status got = DecodeConnectError(409, ErrorJson(sent, padded));
    EXPECT_EQ(got.code(), absl::StatusCode::kAborted);
    EXPECT_EQ(got.message(), "Read it again.");
    EXPECT_EQ(ErrorReason(got), "STALE_FENCE");
    EXPECT_EQ(ErrorMetadataOf(got)["fence"], "7");
    EXPECT_EQ(RetryDelayMs(got), 1250);
  }
}

TEST(ConnectFraming, AnAnswerThatIsNoConnectErrorIsNamedByItsHttpStatus) {
  for (const char* body : {"<html>502</html>", "", "[]", "{}", "\"text\"", R"({"code":7})"}) {
    const absl::Status got = DecodeConnectError(502, body);
    EXPECT_EQ(got.code(), absl::StatusCode::kUnavailable) << body;
    EXPECT_EQ(ErrorReason(got), "NOT_CONNECT");
    EXPECT_THAT(std::string(got.message()), HasSubstr("502"));
  }
  EXPECT_EQ(DecodeConnectError(404, "not found").code(), absl::StatusCode::kUnimplemented);
}

TEST(ConnectFraming, AMalformedDetailDoesNotHideTheError) {
  const absl::Status got = DecodeConnectError(
      400,
      R"({"code":"invalid_argument","message":"m","details":[7,{"type":"google.rpc.ErrorInfo","value":"%%"}]})");
  EXPECT_EQ(got.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(got.message(), "m");
}

TEST(ConnectFraming, AStatusIsToldToPeopleByCodeReasonAndSentence) {
  EXPECT_EQ(StatusText(Error(absl::StatusCode::kAborted, "STALE_FENCE", "Read it again.")),
            "ABORTED STALE_FENCE: Read it again.");
  EXPECT_EQ(StatusText(absl::NotFoundError("Nothing.")), "NOT_FOUND: Nothing.");
  EXPECT_EQ(StatusText(absl::OkStatus()), "OK");
}

TEST(ConnectFraming, AStreamEndsWellOrWithItsError) {
  EXPECT_TRUE(DecodeEndOfStream("{}").ok());
  EXPECT_TRUE(DecodeEndOfStream(R"({"metadata":{"a":["b"]}})").ok());
  const absl::Status got =
      DecodeEndOfStream(R"({"error":{"code":"out_of_range","message":"stale"}})");
  EXPECT_EQ(got.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(DecodeEndOfStream("oops").code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace kefu::ctl
