#include "gateway/edge/connect_protocol.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "services/common/base/status.h"

namespace kefu::gateway::connect {
namespace {

using nlohmann::json;

Headers With(std::string_view name, std::string_view value) {
  Headers headers;
  headers.Add(name, value);
  return headers;
}

TEST(ConnectContentType, KnowsFourTypesAndTheirParameter) {
  EXPECT_EQ(ParseContentType("application/json")->codec, Codec::kJson);
  EXPECT_EQ(ParseContentType("Application/JSON; charset=UTF-8")->codec, Codec::kJson);
  EXPECT_EQ(ParseContentType("application/proto")->codec, Codec::kProto);
  EXPECT_TRUE(ParseContentType("application/connect+json")->stream);
  EXPECT_TRUE(ParseContentType("application/connect+proto")->stream);
  for (const auto* other : {"", "text/plain", "application/grpc", "application/json; charset=gbk",
                            "application/jsonx"}) {
    EXPECT_FALSE(ParseContentType(other)) << other;
  }
}

TEST(ConnectContentType, IsNamedAsItIsParsed) {
  for (const auto* name : {"application/json", "application/proto", "application/connect+json",
                           "application/connect+proto"}) {
    EXPECT_EQ(ContentTypeName(*ParseContentType(name)), name);
  }
}

TEST(ConnectHeaders, RefuseCompressionOfTheKindOfTheMethod) {
  const absl::Status unary = CheckHeaders(With("Content-Encoding", "gzip"), false);
  EXPECT_EQ(unary.code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(ErrorReason(unary), "COMPRESSION_OFF");
  EXPECT_FALSE(CheckHeaders(With("Connect-Content-Encoding", "br"), true).ok());
  EXPECT_TRUE(CheckHeaders(With("Content-Encoding", "identity"), false).ok());
  EXPECT_TRUE(CheckHeaders(With("Connect-Accept-Encoding", "gzip"), true).ok());
}

TEST(ConnectHeaders, RefuseAnotherProtocolVersion) {
  EXPECT_TRUE(CheckHeaders({}, false).ok());
  EXPECT_TRUE(CheckHeaders(With("connect-protocol-version", "1"), false).ok());
  EXPECT_EQ(ErrorReason(CheckHeaders(With("connect-protocol-version", "2"), false)),
            "CONNECT_VERSION");
}

TEST(ConnectTimeout, IsAtMostTenDigits) {
  EXPECT_EQ(*ParseTimeout({}), std::nullopt);
  EXPECT_EQ(*ParseTimeout(With("Connect-Timeout-Ms", "9999999999")), 9999999999);
  for (const auto* bad : {"", "12345678901", "-1", "1.5", "abc"}) {
    EXPECT_EQ(ErrorReason(ParseTimeout(With("Connect-Timeout-Ms", bad)).status()),
              "CONNECT_TIMEOUT")
        << bad;
  }
}

TEST(ConnectEnvelope, GivesBackWhatWasPutIn) {
  std::string body;
  AppendEnvelope(body, 0, std::string(300, 'x'));
  EXPECT_EQ(body.substr(0, 5), std::string("\0\0\0\x01\x2C", 5));
  EXPECT_EQ(OnlyMessage(body)->size(), 300u);
}

TEST(ConnectEnvelope, RefusesEverythingButOneWholeMessage) {
  std::string two;
  AppendEnvelope(two, 0, "a");
  AppendEnvelope(two, 0, "b");
  std::string compressed;
  AppendEnvelope(compressed, kFlagCompressed, "a");
  std::string end;
  AppendEnvelope(end, kFlagEndStream, "{}");
  std::string cut;
  AppendEnvelope(cut, 0, "abc");
  cut.pop_back();
  EXPECT_EQ(ErrorReason(OnlyMessage("").status()), "NOT_ONE_MESSAGE");
  EXPECT_EQ(ErrorReason(OnlyMessage(two).status()), "NOT_ONE_MESSAGE");
  EXPECT_EQ(ErrorReason(OnlyMessage(compressed).status()), "COMPRESSION_OFF");
  EXPECT_EQ(ErrorReason(OnlyMessage(end).status()), "BAD_ENVELOPE");
  EXPECT_EQ(ErrorReason(OnlyMessage(cut).status()), "BAD_ENVELOPE");
  EXPECT_EQ(ErrorReason(OnlyMessage("abc").status()), "BAD_ENVELOPE");
  EXPECT_EQ(ErrorReason(OnlyMessage(std::string("\0\xFF\xFF\xFF\xFFzz", 7)).status()),
            "BAD_ENVELOPE");
}

TEST(ConnectError, MapsEveryCodeAsTheProtocolSays) {
  const std::tuple<absl::StatusCode, const char*, int> rows[] = {
      {absl::StatusCode::kCancelled, "canceled", 499},
      {absl::StatusCode::kUnknown, "unknown", 500},
      {absl::StatusCode::kInvalidArgument, "invalid_argument", 400},
      {absl::StatusCode::kDeadlineExceeded, "deadline_exceeded", 504},
      {absl::StatusCode::kNotFound, "not_found", 404},
      {absl::StatusCode::kAlreadyExists, "already_exists", 409},
      {absl::StatusCode::kPermissionDenied, "permission_denied", 403},
      {absl::StatusCode::kResourceExhausted, "resource_exhausted", 429},
      {absl::StatusCode::kFailedPrecondition, "failed_precondition", 400},
      {absl::StatusCode::kAborted, "aborted", 409},
      {absl::StatusCode::kOutOfRange, "out_of_range", 400},
      {absl::StatusCode::kUnimplemented, "unimplemented", 501},
      {absl::StatusCode::kInternal, "internal", 500},
      {absl::StatusCode::kUnavailable, "unavailable", 503},
      {absl::StatusCode::kDataLoss, "data_loss", 500},
      {absl::StatusCode::kUnauthenticated, "unauthenticated", 401},
  };
  for (const auto& [code, name, http_status] : rows) {
    EXPECT_EQ(CodeName(code), name);
    EXPECT_EQ(HttpStatusOf(code), http_status) << name;
  }
}

TEST(ConnectError, CarriesItsReasonAsADetailWithoutPadding) {
  const absl::Status error =
      Error(absl::StatusCode::kAborted, "STALE_FENCE", "Read \"it\"\n again.", {{"fence", "7"}});
  const json parsed = json::parse(ErrorJson(error));
  EXPECT_EQ(parsed["code"], "aborted");
  EXPECT_EQ(parsed["message"], "Read \"it\"\n again.");
  ASSERT_EQ(parsed["details"].size(), 1u);
  const json& detail = parsed["details"][0];
  EXPECT_EQ(detail["type"], "google.rpc.ErrorInfo");
  EXPECT_EQ(detail["debug"]["reason"], "STALE_FENCE");
  EXPECT_EQ(detail["debug"]["metadata"]["fence"], "7");
  // reason = "STALE_FENCE", domain = "kefu", metadata {fence: 7}
  EXPECT_EQ(detail["value"], "CgtTVEFMRV9GRU5DRRIEa2VmdRoKCgVmZW5jZRIBNw");
}

TEST(ConnectError, StaysReadableWhateverItsMessageHolds) {
  const absl::Status error = Error(absl::StatusCode::kInternal, "X", "broken \xFF \x01 \x7F");
  const json parsed = json::parse(ErrorJson(error));
  EXPECT_EQ(parsed["message"], "broken ? \x01 \x7F");
  EXPECT_EQ(parsed["details"][0]["type"], "google.rpc.ErrorInfo");
}

TEST(ConnectError, TellsARetryDelayInWholeSecondsRoundedUp) {
  const absl::Status error =
      WithRetryDelay(Error(absl::StatusCode::kResourceExhausted, "OVERLOADED", "Wait."), 1200);
  const HttpResponse response = ErrorResponse(error);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.headers.Get("retry-after"), "2");
  EXPECT_EQ(response.headers.Get("content-type"), "application/json");
  const json end = json::parse(EndStreamJson(error));
  EXPECT_EQ(end["error"]["code"], "resource_exhausted");
  EXPECT_EQ(end["metadata"]["retry-after"][0], "2");
}

TEST(ConnectEndStream, IsAnEmptyObjectAfterSuccess) {
  EXPECT_EQ(EndStreamJson(absl::OkStatus()), "{}");
}

}  // namespace
}  // namespace kefu::gateway::connect
