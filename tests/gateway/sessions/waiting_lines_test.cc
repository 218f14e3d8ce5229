#include "gateway/sessions/waiting_lines.h"

#include <gtest/gtest.h>

#include <string>

namespace kefu::gateway::sessions {
namespace {

using common::v1::SystemLine;

TEST(ParkedLine, SaysWhyAndUntilWhen) {
  const SystemLine line = ParkedLine(v1::Parked::REASON_QUEUE_FULL, {1'700'000'000'000});
  EXPECT_EQ(line.kind(), SystemLine::KIND_PARKED);
  EXPECT_EQ(line.parameters().at("reason"), "QUEUE_FULL");
  EXPECT_EQ(line.parameters().at("due_time"), "2023-11-14T22:13:20Z");
  EXPECT_FALSE(line.staff_only());
}

TEST(AutoReplyLine, IsNoneWhereTheShopSaysNothing) {
  EXPECT_EQ(AutoReplyLine("", "busy"), std::nullopt);
  const auto line = AutoReplyLine("很忙", "busy");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->kind(), SystemLine::KIND_AUTO_REPLY);
  EXPECT_EQ(line->parameters().at("text"), "很忙");
  EXPECT_EQ(line->parameters().at("occasion"), "busy");
}

class WordsForTest : public testing::Test {
 protected:
  WordsForTest() {
    config_.add_languages("zh-CN");
    config_.add_languages("en");
    config_.add_groups()->set_group("desk");
    config_.set_default_group("desk");
    Say(*config_.mutable_auto_replies()->mutable_closed(), "closed");
    Say(*config_.mutable_auto_replies()->mutable_busy(), "busy");
  }
  static void Say(v1::LocalizedText& text, const std::string& what) {
    (*text.mutable_texts())["zh-CN"] = what;
    (*text.mutable_texts())["en"] = what + " in English";
  }
  std::string Words(v1::Parked::Reason reason, const std::string& language = "zh-CN",
                    bool closed = false) {
    const routing::config::Plan plan(config_, 1);
    routing::config::Placement placement;
    placement.group = "desk";
    placement.closed = closed;
    return WordsFor(plan, placement, language, reason);
  }

  v1::RoutingConfig config_;
};

TEST_F(WordsForTest, AreTheGroupsOwnFirst) {
  Say(*config_.mutable_groups(0)->mutable_fallback()->mutable_leave_message(), "leave");
  EXPECT_EQ(Words(v1::Parked::REASON_QUEUE_FULL), "leave");
  EXPECT_EQ(Words(v1::Parked::REASON_CLOSED, "en-GB"), "leave in English");
}

TEST_F(WordsForTest, ElseTheReplyThatFits) {
  EXPECT_EQ(Words(v1::Parked::REASON_QUEUE_FULL), "busy");
  EXPECT_EQ(Words(v1::Parked::REASON_WAITED_TOO_LONG, "zh-CN", /*closed=*/true), "closed");
  EXPECT_EQ(Words(v1::Parked::REASON_CLOSED, "fr"), "closed");
  config_.clear_auto_replies();
  EXPECT_EQ(Words(v1::Parked::REASON_CLOSED), "");
}

}  // namespace
}  // namespace kefu::gateway::sessions
