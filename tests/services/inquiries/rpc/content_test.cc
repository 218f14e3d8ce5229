#include "services/inquiries/rpc/content.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "services/common/base/status.h"

namespace kefu::inquiries::rpc {
namespace {

using common::v1::Content;
using common::v1::Sender;
using common::v1::SystemLine;

Content With(const std::function<void(Content&)>& set) {
  Content content;
  set(content);
  return content;
}

// The field that is refused; "ok" if none.
std::string Refused(const Content& content, Sender::Kind sender) {
  const absl::Status status = CheckContent(content, sender);
  return status.ok() ? "ok" : FieldViolationsOf(status).at(0).field;
}

TEST(ContentTest, EverybodyMaySendTextAndCards) {
  for (const auto sender : {Sender::KIND_BUYER, Sender::KIND_AGENT}) {
    EXPECT_EQ(Refused(With([](Content& c) { c.mutable_text()->set_body("您好"); }), sender), "ok");
    EXPECT_EQ(Refused(With([](Content& c) { c.mutable_order()->set_order_number("A1"); }), sender),
              "ok");
    EXPECT_EQ(Refused(With([](Content& c) { c.mutable_product()->set_product("p1"); }), sender),
              "ok");
    EXPECT_EQ(
        Refused(With([](Content& c) { c.mutable_parcel()->set_tracking_number("SF1"); }), sender),
        "ok");
    EXPECT_EQ(Refused(With([](Content& c) { c.mutable_recall()->set_recalled_seq(1); }), sender),
              "ok");
  }
}

TEST(ContentTest, MarkupIsStoredAsSent) {
  EXPECT_EQ(Refused(With([](Content& c) {
                      c.mutable_text()->set_body("<img src=x onerror=alert(1)>{{x}}");
                    }),
                    Sender::KIND_BUYER),
            "ok");
}

TEST(ContentTest, BuyersWriteNeitherNotesNorSystemLines) {
  EXPECT_EQ(Refused(With([](Content& c) { c.mutable_note()->set_body("x"); }), Sender::KIND_BUYER),
            "content.note");
  EXPECT_EQ(Refused(With([](Content& c) { c.mutable_system()->set_kind(SystemLine::KIND_NOTICE); }),
                    Sender::KIND_BUYER),
            "content.system");
  EXPECT_EQ(Refused(With([](Content& c) { c.mutable_system()->set_kind(SystemLine::KIND_NOTICE); }),
                    Sender::KIND_AGENT),
            "content.system");
  EXPECT_EQ(Refused(With([](Content& c) { c.mutable_note()->set_body("x"); }), Sender::KIND_AGENT),
            "ok");
}

TEST(ContentTest, LinesThatTellOfALifeComeWithItOnly) {
  for (const auto kind : {SystemLine::KIND_AGENT_JOINED, SystemLine::KIND_SESSION_CLOSED,
                          SystemLine::KIND_SESSION_REOPENED, SystemLine::KIND_UNSPECIFIED}) {
    EXPECT_EQ(
        Refused(With([&](Content& c) { c.mutable_system()->set_kind(kind); }), Sender::KIND_SYSTEM),
        "content.system.kind");
  }
}

TEST(ContentTest, ANoticeHasAText) {
  const auto notice = [](const std::string& text) {
    return With([&](Content& c) {
      c.mutable_system()->set_kind(SystemLine::KIND_NOTICE);
      (*c.mutable_system()->mutable_parameters())["text"] = text;
    });
  };
  EXPECT_EQ(Refused(notice("sale tomorrow"), Sender::KIND_SYSTEM), "ok");
  EXPECT_EQ(Refused(notice(""), Sender::KIND_SYSTEM), "content.system.parameters");
  EXPECT_EQ(Refused(notice(std::string(8193, 'x')), Sender::KIND_SYSTEM),
            "content.system.parameters");
}

TEST(ContentTest, WhatTheStaffDidAmongThemselvesIsForTheStaff) {
  for (const auto kind : {SystemLine::KIND_OFFER_DECLINED, SystemLine::KIND_HELD}) {
    const auto line = [&](bool staff_only) {
      return With([&](Content& c) {
        c.mutable_system()->set_kind(kind);
        c.mutable_system()->set_staff_only(staff_only);
      });
    };
    EXPECT_EQ(Refused(line(true), Sender::KIND_SYSTEM), "ok");
    EXPECT_EQ(Refused(line(false), Sender::KIND_SYSTEM), "content.system.staff_only");
  }
}

TEST(ContentTest, WhatIsOutOfBoundsIsNamed) {
  struct Case {
    std::string field;
    std::function<void(Content&)> set;
  };
  const Case cases[] = {
      {"content", [](Content&) {}},
      {"content.text.body", [](Content& c) { c.mutable_text(); }},
      {"content.text.body", [](Content& c) { c.mutable_text()->set_body(std::string(8193, 'x')); }},
      {"content.text.body", [](Content& c) { c.mutable_text()->set_body(std::string("a\0b", 3)); }},
      {"content.order.order_number", [](Content& c) { c.mutable_order(); }},
      {"content.order.title",
       [](Content& c) {
         c.mutable_order()->set_order_number("1");
         c.mutable_order()->set_title(std::string(257, 'x'));
       }},
      {"content.order.total.currency",
       [](Content& c) {
         c.mutable_order()->set_order_number("1");
         c.mutable_order()->mutable_total()->set_currency("rmb");
       }},
      {"content.order.url",
       [](Content& c) {
         c.mutable_order()->set_order_number("1");
         c.mutable_order()->set_url("javascript:alert(1)");
       }},
      {"content.product.product", [](Content& c) { c.mutable_product(); }},
      {"content.product.picture_url",
       [](Content& c) {
         c.mutable_product()->set_product("1");
         c.mutable_product()->set_picture_url("data:image/png;base64,x");
       }},
      {"content.parcel.tracking_number", [](Content& c) { c.mutable_parcel(); }},
      {"content.recall.recalled_seq", [](Content& c) { c.mutable_recall(); }},
      {"content.quoted_seq",
       [](Content& c) {
         c.mutable_recall()->set_recalled_seq(1);
         c.set_quoted_seq(1);
       }},
  };
  for (const Case& c : cases) EXPECT_EQ(Refused(With(c.set), Sender::KIND_BUYER), c.field);
}

TEST(ContentTest, AnOpeningHasCleanContext) {
  common::v1::Opening opening;
  EXPECT_TRUE(CheckOpening(opening).ok());
  opening.mutable_page()->set_url("https://shop.example/p/1");
  opening.set_language("zh-CN");
  EXPECT_TRUE(CheckOpening(opening).ok());
  opening.mutable_page()->set_url("file:///etc/passwd");
  EXPECT_EQ(FieldViolationsOf(CheckOpening(opening)).at(0).field, "opening.page.url");
}

}  // namespace
}  // namespace kefu::inquiries::rpc
