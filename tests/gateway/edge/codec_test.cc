#include "gateway/edge/codec.h"

#include <gtest/gtest.h>

#include "proto/kefu/gateway/v1/admin.pb.h"
#include "proto/kefu/gateway/v1/buyer.pb.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

using v1::BuyerSendMessageRequest;

std::string Nested(int depth) {
  std::string json;
  for (int i = 0; i < depth; ++i) json += "[";
  for (int i = 0; i < depth; ++i) json += "]";
  return json;
}

TEST(Utf8, AcceptsEveryLengthOfSequence) {
  EXPECT_TRUE(IsValidUtf8(""));
  EXPECT_TRUE(IsValidUtf8("a\u00e9\u6b3e\U0001F600"));
}

TEST(Utf8, RefusesWhatIsMalformed) {
  const std::string_view bad[] = {
      "\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80",
      "\xF5", "\xE6\xAC", "abc\xFF",      "\xC3"};
  for (const std::string_view text : bad) EXPECT_FALSE(IsValidUtf8(text)) << text.size();
}

TEST(JsonDepth, CountsBracketsOutsideStringsOnly) {
  EXPECT_TRUE(JsonDepthWithin(Nested(3), 3));
  EXPECT_FALSE(JsonDepthWithin(Nested(4), 3));
  EXPECT_TRUE(JsonDepthWithin(R"({"a":"[[[[[[\"[[[["})", 1));
}

TEST(Decode, ReadsJsonAndBinaryAlike) {
  BuyerSendMessageRequest from_json;
  ASSERT_TRUE(Decode(Codec::kJson, R"({"requestId":"r-123456","content":{"text":{"body":"hi"}}})",
                     &from_json)
                  .ok());
  EXPECT_EQ(from_json.content().text().body(), "hi");
  BuyerSendMessageRequest from_binary;
  ASSERT_TRUE(Decode(Codec::kProto, from_json.SerializeAsString(), &from_binary).ok());
  EXPECT_EQ(from_binary.SerializeAsString(), from_json.SerializeAsString());
}

struct BadBody {
  Codec codec;
  std::string body;
  std::string reason;
};

TEST(Decode, NamesTheReasonOfEveryRefusal) {
  const BadBody bad[] = {
      {Codec::kJson, "", "INVALID_JSON"},
      {Codec::kJson, "{", "INVALID_JSON"},
      {Codec::kJson, R"({"noSuchField":1})", "INVALID_JSON"},
      {Codec::kJson, R"({"requestId":5})", "INVALID_JSON"},
      {Codec::kJson, "{\"requestId\":\"\xFF\"}", "INVALID_UTF8"},
      {Codec::kJson, Nested(10'000), "JSON_TOO_DEEP"},
      {Codec::kJson, R"({"requestId":"a\u0000b"})", "INVALID_FIELD"},
      {Codec::kProto, "\xFF\xFF\xFF", "INVALID_PROTO"},
      {Codec::kProto, "\x0A\x02\xC3\x28", "INVALID_PROTO"},
      {Codec::kProto,
       std::string("\x0A\x03"
                   "a\0b",
                   5),
       "INVALID_FIELD"},
  };
  for (const BadBody& row : bad) {
    BuyerSendMessageRequest message;
    const absl::Status status = Decode(row.codec, row.body, &message);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << row.body.substr(0, 40);
    EXPECT_EQ(ErrorReason(status), row.reason) << row.body.substr(0, 40);
    EXPECT_LT(status.message().size(), 400u);
  }
}

TEST(Decode, NamesTheFieldThatHoldsANul) {
  BuyerSendMessageRequest message;
  const absl::Status status =
      Decode(Codec::kJson, R"({"content":{"text":{"body":"a\u0000"}}})", &message);
  ASSERT_EQ(FieldViolationsOf(status).size(), 1u);
  EXPECT_EQ(FieldViolationsOf(status)[0].field, "content.text.body");
}

TEST(Decode, RefusesANulThatIsNotEscaped) {
  BuyerSendMessageRequest message;
  const std::string body = R"({"content":{"text":{"body":"a)" + std::string(1, '\0') + "\"}}}";
  EXPECT_EQ(ErrorReason(Decode(Codec::kJson, body, &message)), "INVALID_FIELD");
}

TEST(RedactedJson, DropsMarkedFieldsAtAnyDepth) {
  v1::CreatePersonRequest person;
  person.set_request_id("r-123456");
  person.set_login("ling");
  person.set_password("open sesame!");
  EXPECT_EQ(*RedactedJson(person), R"({"requestId":"r-123456","login":"ling"})");

  BuyerSendMessageRequest message;
  message.set_session("s");
  message.mutable_content()->mutable_text()->set_body("private");
  const std::string json = *RedactedJson(message);
  EXPECT_EQ(json.find("private"), std::string::npos) << json;
  EXPECT_NE(json.find("\"session\":\"s\""), std::string::npos) << json;
}

TEST(RedactedJson, LooksIntoRepeatedMessages) {
  v1::BuyerListMessagesResponse response;
  response.add_entries()->mutable_content()->mutable_text()->set_body("private");
  EXPECT_EQ(RedactedJson(response)->find("private"), std::string::npos);
}

}  // namespace
}  // namespace kefu::gateway
