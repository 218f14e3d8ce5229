// The whole service as its callers have it: events over gRPC in, answers over gRPC out.
#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include <memory>

#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "proto/kefu/inquiries/v1/events.pb.h"
#include "proto/kefu/records/v1/service.grpc.pb.h"
#include "services/common/base/status.h"
#include "services/common/server/unary.h"
#include "services/records/bind.h"
#include "services/records/config.h"
#include "tests/services/common/events/support/consuming.h"
#include "tests/services/records/support/facts.h"
#include "tests/services/records/support/world.h"

namespace kefu::records {
namespace {

using google::protobuf::util::TimeUtil;
using kefu::test::Eventually;
using test::Person;
using testing::ElementsAre;
using testing::SizeIs;

constexpr char kAppended[] = "com.kefu.entry.appended.v1";
// 2026-11-22T00:00:00+08:00
constexpr int64_t kMidnight = 1'795'276'800'000;

class ServiceTest : public testing::Test {
 protected:
  ServiceTest() { Start(); }
  ~ServiceTest() override { Stop(); }

  void Start() {
    Config config;
    config.listen = "127.0.0.1:0";
    config.database = folder_.path + "/records.sqlite";
    config.events_subscribe = {inquiries_.notices()};
    const host::Peers peers = [this](std::string_view source) {
      if (source != "inquiries") return std::vector<server::ChannelPtr>();
      return inquiries_.source().channels;
    };
    metrics_ = std::make_unique<metrics::Metrics>();
    auto bound = BindTo(peers, config, *metrics_);
    ASSERT_TRUE(bound.ok()) << bound.status();
    service_ = *std::move(bound);
    service_->Begin();
    channel_ = service_->InProcessChannel();
  }
  void Stop() {
    channel_.reset();
    if (service_ == nullptr) return;
    service_->Drain();
    service_->Stop();
    service_.reset();
  }

  template <class Service = v1::RecordService, class Stub, class Request, class Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const Request& request) {
    const auto stub = Service::NewStub(channel_);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    Response response;
    const grpc::Status status = (stub.get()->*method)(&context, request, &response);
    if (!status.ok()) return server::FromGrpcStatus(status, context);
    return response;
  }

  absl::StatusOr<v1::SearchTranscriptsResponse> Search(v1::SearchTranscriptsRequest request) {
    request.set_shop(shop_.str());
    return Call(&v1::RecordService::Stub::SearchTranscripts, request);
  }
  absl::StatusOr<v1::SearchTranscriptsResponse> Search(const std::string& words) {
    v1::SearchTranscriptsRequest request;
    request.set_query(words);
    return Search(request);
  }
  absl::StatusOr<v1::ListSessionsResponse> Sessions(v1::ListSessionsRequest request = {}) {
    request.set_shop(shop_.str());
    return Call(&v1::RecordService::Stub::ListSessions, request);
  }
  absl::StatusOr<v1::ListRoundsResponse> Rounds(v1::ListRoundsRequest request = {}) {
    request.set_shop(shop_.str());
    return Call(&v1::RecordService::Stub::ListRounds, request);
  }
  absl::StatusOr<v1::GetFiguresResponse> Figures(const std::string& from, const std::string& to,
                                                 const std::string& zone = "Asia/Shanghai",
                                                 const common::v1::Actor& actor = {},
                                                 const std::string& agent = "") {
    v1::GetFiguresRequest request;
    *request.mutable_actor() = actor;
    request.set_agent(agent);
    request.set_shop(shop_.str());
    request.set_from_day(from);
    request.set_to_day(to);
    request.set_time_zone(zone);
    return Call(&v1::RecordService::Stub::GetFigures, request);
  }

  // What inquiries would write down.
  void Say(test::Talk& talk, const storage::EntryFact& fact) {
    inquiries::v1::EntryAppended appended;
    common::v1::Entry& entry = *appended.mutable_entry();
    entry.set_conversation(talk.conversation.str());
    entry.set_session(fact.session.str());
    entry.set_seq(fact.seq);
    *entry.mutable_create_time() = TimeUtil::MillisecondsToTimestamp(fact.time.ms);
    entry.mutable_sender()->set_kind(static_cast<common::v1::Sender::Kind>(fact.sender_kind));
    entry.mutable_sender()->set_id(fact.agent.empty() ? talk.buyer.str() : fact.agent);
    entry.mutable_content()->mutable_text()->set_body(fact.text);
    appended.set_buyer_visible(true);
    Publish(kAppended, talk.conversation.str(), appended);
  }
  void Open(test::Talk& talk, const Person& agent) {
    inquiries::v1::InquiryChanged changed;
    auto& inquiry = *changed.mutable_inquiry();
    inquiry.set_session(talk.session().str());
    inquiry.set_state(inquiries::v1::Inquiry::STATE_OPEN);
    *inquiry.mutable_open_time() = TimeUtil::MillisecondsToTimestamp(talk.now_ms);
    inquiry.set_fence(1);
    inquiry.set_agent(agent.name());
    Publish("com.kefu.inquiry.opened.v1", talk.session().str(), changed);
  }
  void Publish(const std::string& type, const std::string& subject,
               const google::protobuf::Message& message) {
    inquiries_.Tell(inquiries_.log.Append(shop_, type, subject, message.SerializeAsString()));
  }
  bool CaughtUp() {
    events::v1::ListCursorsRequest request;
    request.set_shop(shop_.str());
    const auto cursors =
        Call<events::v1::ConsumerService>(&events::v1::ConsumerService::Stub::ListCursors, request);
    if (!cursors.ok()) return false;
    for (const auto& cursor : cursors->cursors()) {
      if (cursor.source() == "inquiries") return cursor.seq() == inquiries_.log.head(shop_).seq;
    }
    return false;
  }

  test::TemporaryFolder folder_;
  kefu::test::Publishing inquiries_{"inquiries"};
  std::unique_ptr<metrics::Metrics> metrics_;
  std::unique_ptr<server::Service> service_;
  std::shared_ptr<grpc::Channel> channel_;
  const ShopId shop_ = *ShopId::Parse("demo");
  const Person ada_;
};

TEST_F(ServiceTest, AConversationIsFoundCountedAndOpensItsRounds) {
  test::Talk talk(kMidnight + 1000);
  Open(talk, ada_);
  Say(talk, talk.Buyer("我的訂單在哪裡？"));
  talk.now_ms += 4000;
  Say(talk, talk.Agent(ada_, "订单明天到"));
  ASSERT_TRUE(Eventually([&] { return CaughtUp(); }));

  const auto found = Search("订单");
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_THAT(found->hits(), SizeIs(2));
  EXPECT_EQ(found->hits(0).text(), "订单明天到");
  EXPECT_EQ(found->hits(0).sender(), ada_.name());
  ASSERT_THAT(found->hits(1).matches(), SizeIs(1));
  const auto& match = found->hits(1).matches(0);
  EXPECT_EQ(found->hits(1).text().substr(match.begin(), match.end() - match.begin()), "訂單");

  const auto sessions = Sessions();
  ASSERT_THAT(sessions->sessions(), SizeIs(1));
  EXPECT_EQ(sessions->sessions(0).agent(), ada_.name());
  EXPECT_EQ(sessions->sessions(0).first_response_ms(), 4000);

  const auto figures = Figures("2026-11-22", "2026-11-22");
  ASSERT_THAT(figures->rows(), SizeIs(2));
  EXPECT_EQ(figures->rows(1).agent(), ada_.name());
  EXPECT_EQ(figures->rows(1).first_response_ms(), 4000);
  EXPECT_EQ(figures->rows(1).response_ms(), 4000);
  EXPECT_TRUE(figures->has_as_of());

  const auto rounds = Rounds();
  ASSERT_THAT(rounds->rounds(), SizeIs(1));
  EXPECT_EQ(rounds->rounds(0).asked_seq(), 1u);
  EXPECT_EQ(rounds->rounds(0).answered_seq(), 2u);
}

TEST_F(ServiceTest, AgentsReadTheirOwnFiguresOnly) {
  const Person other;
  test::Talk talk(kMidnight + 1000), others(kMidnight + 1000);
  Open(talk, ada_);
  Say(talk, talk.Buyer("a"));
  Say(talk, talk.Agent(ada_, "b"));
  Open(others, other);
  Say(others, others.Buyer("a"));
  Say(others, others.Agent(other, "b"));
  ASSERT_TRUE(Eventually([&] { return CaughtUp(); }));

  common::v1::Actor ada;
  ada.set_role(kefu::ROLE_AGENT);
  ada.set_id(ada_.name());
  const auto of = [&](const std::string& agent) {
    return Figures("2026-11-22", "2026-11-22", "Asia/Shanghai", ada, agent);
  };
  for (const std::string& agent : {std::string(), ada_.name()}) {
    const auto own = of(agent);
    ASSERT_THAT(own->rows(), SizeIs(1));
    EXPECT_EQ(own->rows(0).agent(), ada_.name());
    EXPECT_EQ(own->rows(0).prompt_rounds(), 1u);
  }
  EXPECT_EQ(of(other.name()).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ErrorReason(of(other.name()).status()), "OTHER_AGENT");
}

TEST_F(ServiceTest, AgentsFindWhatWasSaidInTheirOwnSessions) {
  const Person other;
  test::Talk talk(kMidnight + 1000), others(kMidnight + 1000);
  Open(talk, ada_);
  Say(talk, talk.Buyer("a blue teapot"));
  Say(talk, talk.Agent(ada_, "the teapot is here"));
  Open(others, other);
  Say(others, others.Buyer("another teapot"));
  ASSERT_TRUE(Eventually([&] { return CaughtUp(); }));

  v1::SearchTranscriptsRequest search;
  search.set_query("teapot");
  EXPECT_THAT(Search(search)->hits(), SizeIs(3));
  search.mutable_actor()->set_role(kefu::ROLE_AGENT);
  search.mutable_actor()->set_id(ada_.name());
  ASSERT_THAT(Search(search)->hits(), SizeIs(2));
  EXPECT_EQ(Search(search)->hits(0).session(), talk.session().str());
  search.set_agent(ada_.name());
  EXPECT_THAT(Search(search)->hits(), SizeIs(1));

  v1::ListSessionsRequest list;
  *list.mutable_actor() = search.actor();
  ASSERT_THAT(Sessions(list)->sessions(), SizeIs(1));
  EXPECT_EQ(Sessions(list)->sessions(0).session(), talk.session().str());
  list.set_agent(other.name());
  EXPECT_EQ(ErrorReason(Sessions(list).status()), "OTHER_AGENT");
}

TEST_F(ServiceTest, HoursAreThoseThatHaveBegun) {
  // Days that are over have all their hours; of days that have not begun there is none.
  const auto hours = [&](const std::string& from, const std::string& to) {
    v1::GetHourlyFiguresRequest request;
    request.set_shop(shop_.str());
    request.set_from_day(from);
    request.set_to_day(to);
    request.set_time_zone("Europe/Berlin");
    return Call(&v1::RecordService::Stub::GetHourlyFigures, request);
  };
  EXPECT_THAT(hours("2026-03-28", "2026-03-28")->rows(), SizeIs(24));
  EXPECT_THAT(hours("2026-03-29", "2026-03-29")->rows(), SizeIs(23));
  EXPECT_THAT(hours("2199-01-01", "2199-01-01")->rows(), SizeIs(0));
  const auto refused = hours("2026-03-01", "2026-03-15");
  ASSERT_THAT(FieldViolationsOf(refused.status()), SizeIs(1));
  EXPECT_EQ(FieldViolationsOf(refused.status())[0].field, "to_day");
}

TEST_F(ServiceTest, ARestartedProcessGoesOnAndLosesNothing) {
  test::Talk talk(kMidnight);
  for (int i = 0; i < 20; ++i) Say(talk, talk.Buyer("before " + std::to_string(i)));
  Stop();
  for (int i = 0; i < 20; ++i) Say(talk, talk.Buyer("after " + std::to_string(i)));
  Start();
  ASSERT_TRUE(Eventually([&] { return CaughtUp(); }));
  v1::SearchTranscriptsRequest request;
  request.set_query("after");
  request.set_page_size(100);
  EXPECT_THAT(Search(request)->hits(), SizeIs(20));
  EXPECT_EQ(Sessions()->sessions(0).buyer_messages(), 40u);
}

TEST_F(ServiceTest, ADeletedDatabaseIsBuiltAnewFromTheLogs) {
  test::Talk talk(kMidnight);
  for (int i = 0; i < 5; ++i) Say(talk, talk.Buyer("words " + std::to_string(i)));
  ASSERT_TRUE(Eventually([&] { return CaughtUp(); }));
  Stop();
  for (const auto& file : std::filesystem::directory_iterator(folder_.path)) {
    std::filesystem::remove(file);
  }
  Start();
  ASSERT_TRUE(Eventually([&] { return CaughtUp(); }));
  EXPECT_THAT(Search("words")->hits(), SizeIs(5));
}

TEST_F(ServiceTest, AnEventThatCannotBeReadBecomesADeadLetterAndTheLogGoesOn) {
  test::Talk talk(kMidnight);
  inquiries_.Tell(inquiries_.log.Append(shop_, kAppended, talk.conversation.str()));
  Say(talk, talk.Buyer("the next words"));
  ASSERT_TRUE(Eventually([&] { return CaughtUp(); }));
  EXPECT_THAT(Search("words")->hits(), SizeIs(1));
  events::v1::ListDeadLettersRequest request;
  request.set_shop(shop_.str());
  const auto dead = Call<events::v1::ConsumerService>(
      &events::v1::ConsumerService::Stub::ListDeadLetters, request);
  ASSERT_THAT(dead->dead_letters(), SizeIs(1));
  EXPECT_EQ(dead->dead_letters(0).reason(), "BAD_EVENT");
}

TEST_F(ServiceTest, BadEventsInBetweenCostNothingButThemselves) {
  test::Talk talk(kMidnight);
  Stop();
  for (int i = 0; i < 450; ++i) {
    if (i % 60 == 7) inquiries_.log.Append(shop_, kAppended, talk.conversation.str());
    Say(talk, talk.Buyer("word " + std::to_string(i)));
  }
  Start();
  // While the rest comes as notices.
  for (int i = 450; i < 500; ++i) {
    if (i % 10 == 3) {
      inquiries_.Tell(inquiries_.log.Append(shop_, kAppended, talk.conversation.str()));
    }
    Say(talk, talk.Buyer("word " + std::to_string(i)));
  }
  ASSERT_TRUE(Eventually([&] { return CaughtUp(); }));
  EXPECT_EQ(Sessions()->sessions(0).buyer_messages(), 500u);
  events::v1::ListDeadLettersRequest request;
  request.set_shop(shop_.str());
  EXPECT_THAT(Call<events::v1::ConsumerService>(&events::v1::ConsumerService::Stub::ListDeadLetters,
                                                request)
                  ->dead_letters(),
              SizeIs(13));
}

TEST_F(ServiceTest, PagesFollowEachOtherAndAreGoodForTheirQueryOnly) {
  test::Talk talk(kMidnight);
  for (int i = 0; i < 25; ++i) {
    talk.now_ms += 10;
    Say(talk, talk.Buyer("order " + std::to_string(i)));
    talk.now_ms += 10;
    Say(talk, talk.Agent(ada_, "fine"));
  }
  ASSERT_TRUE(Eventually([&] { return CaughtUp(); }));
  v1::SearchTranscriptsRequest request;
  request.set_query("order");
  request.set_page_size(10);
  std::vector<std::string> all;
  std::string first_token;
  do {
    const auto page = Search(request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& hit : page->hits()) all.push_back(hit.text());
    request.set_page_token(page->next_page_token());
    if (first_token.empty()) first_token = page->next_page_token();
  } while (!request.page_token().empty());
  ASSERT_THAT(all, SizeIs(25));
  EXPECT_EQ(all.front(), "order 24");
  EXPECT_EQ(all.back(), "order 0");
  request.set_page_token(first_token);
  request.set_query("fine");
  EXPECT_EQ(ErrorReason(Search(request).status()), "BAD_PAGE_TOKEN");

  v1::ListRoundsRequest rounds;
  rounds.set_page_size(7);
  size_t listed = 0;
  do {
    const auto page = Rounds(rounds);
    ASSERT_TRUE(page.ok()) << page.status();
    listed += static_cast<size_t>(page->rounds_size());
    rounds.set_page_token(page->next_page_token());
  } while (!rounds.page_token().empty());
  EXPECT_EQ(listed, 25u);
}

TEST_F(ServiceTest, AnotherShopSeesNothing) {
  test::Talk talk(kMidnight);
  Say(talk, talk.Buyer("our words"));
  ASSERT_TRUE(Eventually([&] { return CaughtUp(); }));
  v1::SearchTranscriptsRequest search;
  search.set_shop("other");
  search.set_query("words");
  EXPECT_THAT(Call(&v1::RecordService::Stub::SearchTranscripts, search)->hits(), SizeIs(0));
  v1::ListSessionsRequest sessions;
  sessions.set_shop("other");
  EXPECT_THAT(Call(&v1::RecordService::Stub::ListSessions, sessions)->sessions(), SizeIs(0));
}

TEST_F(ServiceTest, BadInputNamesItsField) {
  const auto field = [](const absl::Status& status) {
    const auto violations = FieldViolationsOf(status);
    return violations.empty() ? "none: " + ErrorReason(status) : violations[0].field;
  };
  EXPECT_EQ(field(Search("!?，。").status()), "query");
  EXPECT_EQ(field(Search(std::string(201, 'x')).status()), "query");
  v1::SearchTranscriptsRequest search;
  search.set_query("words");
  search.set_conversation("c_x");
  EXPECT_EQ(field(Search(search).status()), "conversation");
  search.clear_conversation();
  search.set_agent("nobody");
  EXPECT_EQ(field(Search(search).status()), "agent");
  search.clear_agent();
  search.mutable_from_time()->set_seconds(2000);
  search.mutable_to_time()->set_seconds(1000);
  EXPECT_EQ(field(Search(search).status()), "to_time");
  search.mutable_from_time()->set_seconds(int64_t{1} << 60);
  EXPECT_EQ(field(Search(search).status()), "from_time");
  search.clear_from_time();
  search.clear_to_time();
  search.set_page_token("made up");
  EXPECT_EQ(ErrorReason(Search(search).status()), "BAD_PAGE_TOKEN");
  EXPECT_EQ(field(Figures("2026-11-22", "2026-11-21").status()), "to_day");
  EXPECT_EQ(field(Figures("2026-01-01", "2026-06-01").status()), "to_day");
  EXPECT_EQ(field(Figures("yesterday", "2026-06-01").status()), "from_day");
  EXPECT_EQ(field(Figures("2026-11-22", "2026-11-22", "Mars/Base").status()), "time_zone");
  v1::ListSessionsRequest sessions;
  sessions.set_buyer("b_x");
  EXPECT_EQ(field(Sessions(sessions).status()), "buyer");
  v1::ListRoundsRequest rounds;
  rounds.set_session("s_x");
  EXPECT_EQ(field(Rounds(rounds).status()), "session");
}

TEST(RecordsConfig, ReadsWhatItKnowsAndRefusesTheRest) {
  const auto config = ParseConfig(
      "database: /data/records.sqlite\nlisten: 127.0.0.1:0\nreaders: 3\n"
      "events: {subscribe: ['ipc:///run/a']}\n"
      "sources: {inquiries: ['127.0.0.1:1', '127.0.0.1:2'], routing: ['127.0.0.1:3']}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->database, "/data/records.sqlite");
  EXPECT_EQ(config->readers, 3);
  EXPECT_THAT(config->sources.at("inquiries"), ElementsAre("127.0.0.1:1", "127.0.0.1:2"));
  EXPECT_FALSE(ParseConfig("listen: 127.0.0.1:0\n").ok());
  EXPECT_FALSE(ParseConfig("database: x\nredis: {address: y}\n").ok());
  EXPECT_FALSE(ParseConfig("database: x\nsources: {elsewhere: ['127.0.0.1:1']}\n").ok());
}

}  // namespace
}  // namespace kefu::records
