#include "gateway/rpc/one_look.h"

#include <absl/synchronization/mutex.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "proto/kefu/after_sales/v1/service.grpc.pb.h"
#include "proto/kefu/inquiries/v1/service.grpc.pb.h"
#include "proto/kefu/logistics/v1/service.grpc.pb.h"
#include "proto/kefu/orders/v1/service.grpc.pb.h"
#include "proto/kefu/records/v1/service.grpc.pb.h"
#include "services/common/base/status.h"
#include "services/common/server/grpc_server.h"
#include "services/common/server/io_threads.h"
#include "tests/support/await.h"

namespace kefu::gateway {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// What the services are to do and were asked, by service.
struct World {
  enum class Mood { kWell, kStuck, kFailing };

  Mood MoodOf(const std::string& service) {
    absl::MutexLock lock(&mutex);
    return moods[service];
  }
  void Asked(const std::string& service, const std::string& shop, const std::string& buyer) {
    absl::MutexLock lock(&mutex);
    asked[service] = shop + " " + buyer;
  }

  absl::Mutex mutex;
  std::map<std::string, Mood> moods;
  std::map<std::string, std::string> asked;
  inquiries::v1::Conversation conversation;
  std::vector<inquiries::v1::Inquiry> inquiries;
  std::vector<records::v1::SessionRow> sessions;
};

// Stuck services answer when nobody waits any more.
Task<absl::Status> Behave(World& world, std::string service, server::CallScope scope) {
  const World::Mood mood = world.MoodOf(service);
  if (mood == World::Mood::kStuck) co_await SleepMs(scope.remaining_ms() + 20);
  if (mood == World::Mood::kFailing) {
    co_return Error(absl::StatusCode::kInternal, "STORE_BROKEN", "It does not work.");
  }
  co_return absl::OkStatus();
}

class FakeConversations final : public inquiries::v1::ConversationService::CallbackService {
 public:
  FakeConversations(server::IoThreads& io, World& world) : io_(io), world_(world) {}

  grpc::ServerUnaryReactor* GetConversation(grpc::CallbackServerContext* context,
                                            const inquiries::v1::GetConversationRequest* request,
                                            inquiries::v1::Conversation* response) override {
    return server::Unary(context, io_.Next(),
                         [this, request, response](server::CallScope scope) -> Task<absl::Status> {
                           KEFU_CO_RETURN_IF_ERROR(co_await Behave(world_, "inquiries", scope));
                           if (request->conversation() != world_.conversation.conversation()) {
                             co_return Error(absl::StatusCode::kNotFound, "NO_SUCH_CONVERSATION",
                                             "There is none.");
                           }
                           *response = world_.conversation;
                           co_return absl::OkStatus();
                         });
  }
  grpc::ServerUnaryReactor* ListInquiries(grpc::CallbackServerContext* context,
                                          const inquiries::v1::ListInquiriesRequest*,
                                          inquiries::v1::ListInquiriesResponse* response) override {
    return server::Unary(context, io_.Next(),
                         [this, response](server::CallScope) -> Task<absl::Status> {
                           for (const auto& one : world_.inquiries)
                             *response->add_inquiries() = one;
                           co_return absl::OkStatus();
                         });
  }

 private:
  server::IoThreads& io_;
  World& world_;
};

// The list methods of the four others, which are all alike.
template <class Request, class Response>
grpc::ServerUnaryReactor* List(server::IoThreads& io, World& world, const char* service,
                               grpc::CallbackServerContext* context, const Request* request,
                               Response* response, void (*fill)(World&, Response*)) {
  return server::Unary(
      context, io.Next(),
      [&world, service, request, response, fill](server::CallScope scope) -> Task<absl::Status> {
        world.Asked(service, request->shop(), request->buyer());
        KEFU_CO_RETURN_IF_ERROR(co_await Behave(world, service, scope));
        fill(world, response);
        co_return absl::OkStatus();
      });
}

class FakeOrders final : public orders::v1::OrderService::CallbackService {
 public:
  FakeOrders(server::IoThreads& io, World& world) : io_(io), world_(world) {}
  grpc::ServerUnaryReactor* ListOrders(grpc::CallbackServerContext* context,
                                       const orders::v1::ListOrdersRequest* request,
                                       orders::v1::ListOrdersResponse* response) override {
    return List(
        io_, world_, "orders", context, request, response,
        +[](World&, orders::v1::ListOrdersResponse* orders) {
          orders->add_orders()->set_number("A-1");
        });
  }

 private:
  server::IoThreads& io_;
  World& world_;
};

class FakeShipments final : public logistics::v1::ShipmentService::CallbackService {
 public:
  FakeShipments(server::IoThreads& io, World& world) : io_(io), world_(world) {}
  grpc::ServerUnaryReactor* ListShipments(grpc::CallbackServerContext* context,
                                          const logistics::v1::ListShipmentsRequest* request,
                                          logistics::v1::ListShipmentsResponse* response) override {
    return List(
        io_, world_, "logistics", context, request, response,
        +[](World&, logistics::v1::ListShipmentsResponse* shipments) {
          shipments->add_shipments()->set_tracking_number("SF1");
        });
  }

 private:
  server::IoThreads& io_;
  World& world_;
};

class FakeCases final : public after_sales::v1::CaseService::CallbackService {
 public:
  FakeCases(server::IoThreads& io, World& world) : io_(io), world_(world) {}
  grpc::ServerUnaryReactor* ListCases(grpc::CallbackServerContext* context,
                                      const after_sales::v1::ListCasesRequest* request,
                                      after_sales::v1::ListCasesResponse* response) override {
    return List(
        io_, world_, "after_sales", context, request, response,
        +[](World&, after_sales::v1::ListCasesResponse* cases) {
          cases->add_cases()->set_order_number("A-1");
        });
  }

 private:
  server::IoThreads& io_;
  World& world_;
};

class FakeRecords final : public records::v1::RecordService::CallbackService {
 public:
  FakeRecords(server::IoThreads& io, World& world) : io_(io), world_(world) {}
  grpc::ServerUnaryReactor* ListSessions(grpc::CallbackServerContext* context,
                                         const records::v1::ListSessionsRequest* request,
                                         records::v1::ListSessionsResponse* response) override {
    return List(
        io_, world_, "records", context, request, response,
        +[](World& world, records::v1::ListSessionsResponse* sessions) {
          for (const auto& one : world.sessions) *sessions->add_sessions() = one;
        });
  }

 private:
  server::IoThreads& io_;
  World& world_;
};

class OneLookTest : public testing::Test {
 protected:
  OneLookTest() {
    world_.conversation.set_conversation(conversation_.str());
    world_.conversation.set_display_name("Ann");
    world_.conversation.mutable_inquiry()->set_agent(owner_.str());
    world_.conversation.mutable_inquiry()->set_session(SessionId(conversation_, 2).str());
    world_.conversation.mutable_inquiry()->set_state(inquiries::v1::Inquiry::STATE_OPEN);
    for (const int64_t opened : {200, 100}) {  // newest first
      inquiries::v1::Inquiry inquiry;
      inquiry.mutable_open_time()->set_seconds(opened);
      world_.inquiries.push_back(inquiry);
    }
    for (const uint32_t ordinal : {2, 1}) {
      records::v1::SessionRow row;
      row.set_session(SessionId(conversation_, ordinal).str());
      world_.sessions.push_back(row);
    }
    auto server = server::GrpcServer::Start(
        "127.0.0.1:0", {&conversations_, &orders_, &shipments_, &cases_, &records_});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
    Connect({"inquiries", "orders", "logistics", "after_sales", "records"});
  }

  // Others are not configured.
  void Connect(const std::set<std::string>& services) {
    ServiceChannels::ByName by_name;
    for (const std::string& name : services) {
      by_name[name] = {server::NewChannel(server_->address())};
    }
    one_look_.reset();
    inquiries_ = std::make_unique<InquiriesClient>(
        std::vector<server::ChannelPtr>{server::NewChannel(server_->address())});
    services_ = std::make_unique<ServiceChannels>(by_name);
    one_look_ = std::make_unique<OneLookService>(OneLookService::Deps{
        *inquiries_, *services_,
        [this](ShopId, AgentId agent, ConversationId) -> Task<absl::StatusOr<bool>> {
          co_return holders_.contains(agent.str());
        },
        [this](CallContext context, inquiries::v1::Inquiry last) -> Task<absl::StatusOr<bool>> {
          co_return consulted_[context.caller.subject] == last.session();
        },
        /*part_ms=*/300});
  }

  absl::StatusOr<v1::OneLook> Look(Role role, const AgentId& agent) {
    CallContext context;
    context.caller.role = role;
    context.caller.shop = *ShopId::Parse("demo");
    context.caller.subject = agent.str();
    context.scope.deadline_ms = MonotonicMs() + 5000;
    v1::GetOneLookRequest request;
    request.set_conversation(conversation_.str());
    return test::Await(one_look_->GetOneLook(context, request));
  }
  absl::StatusOr<v1::OneLook> OwnersLook() { return Look(ROLE_AGENT, owner_); }

  static std::vector<std::string> Gaps(const v1::OneLook& look) {
    std::vector<std::string> gaps;
    for (const auto& gap : look.gaps()) gaps.push_back(gap.service() + " " + gap.reason());
    return gaps;
  }

  const ConversationId conversation_ = ConversationId::New();
  const AgentId owner_ = AgentId::New();
  const AgentId stranger_ = AgentId::New();
  std::set<std::string> holders_;
  // Who is asked about which session.
  std::map<std::string, std::string> consulted_;
  World world_;
  server::IoThreads io_{1};
  FakeConversations conversations_{io_, world_};
  FakeOrders orders_{io_, world_};
  FakeShipments shipments_{io_, world_};
  FakeCases cases_{io_, world_};
  FakeRecords records_{io_, world_};
  std::unique_ptr<server::GrpcServer> server_;
  std::unique_ptr<InquiriesClient> inquiries_;
  std::unique_ptr<ServiceChannels> services_;
  std::unique_ptr<OneLookService> one_look_;
};

TEST_F(OneLookTest, EverythingAboutTheBuyerComesInOneAnswer) {
  const auto look = OwnersLook();
  ASSERT_TRUE(look.ok()) << look.status();
  EXPECT_THAT(Gaps(*look), IsEmpty());
  EXPECT_EQ(look->profile().buyer(), BuyerOf(conversation_).str());
  EXPECT_EQ(look->profile().display_name(), "Ann");
  EXPECT_EQ(look->profile().sessions(), 2u);
  EXPECT_EQ(look->profile().first_contact_time().seconds(), 100);
  EXPECT_EQ(look->profile().last_contact_time().seconds(), 200);
  ASSERT_EQ(look->orders_size(), 1);
  EXPECT_EQ(look->orders(0).number(), "A-1");
  ASSERT_EQ(look->shipments_size(), 1);
  EXPECT_EQ(look->shipments(0).tracking_number(), "SF1");
  ASSERT_EQ(look->cases_size(), 1);
  EXPECT_EQ(look->cases(0).order_number(), "A-1");
}

TEST_F(OneLookTest, TheOpenSessionIsNotAmongTheEarlierOnes) {
  const auto look = OwnersLook();
  ASSERT_TRUE(look.ok()) << look.status();
  ASSERT_EQ(look->earlier_sessions_size(), 1);
  EXPECT_EQ(look->earlier_sessions(0).session(), SessionId(conversation_, 1).str());
}

TEST_F(OneLookTest, TheServicesAreAskedForTheCallersShopAndTheConversationsBuyer) {
  ASSERT_TRUE(OwnersLook().ok());
  const std::string asked = "demo " + BuyerOf(conversation_).str();
  EXPECT_THAT(
      world_.asked,
      UnorderedElementsAre(testing::Pair("orders", asked), testing::Pair("logistics", asked),
                           testing::Pair("after_sales", asked), testing::Pair("records", asked)));
}

TEST_F(OneLookTest, AGuestWhoSignedInIsShownWithWhatTheyHaveThere) {
  const ConversationId next = ConversationId::New();
  world_.conversation.set_continued_in(next.str());
  const auto look = OwnersLook();
  ASSERT_TRUE(look.ok()) << look.status();
  EXPECT_EQ(look->profile().continued_in(), next.str());
  EXPECT_EQ(world_.asked["orders"], "demo " + BuyerOf(next).str());
}

TEST_F(OneLookTest, AServiceThatIsStuckIsAGapAndTheOthersAreThere) {
  world_.moods["logistics"] = World::Mood::kStuck;
  const auto look = OwnersLook();
  ASSERT_TRUE(look.ok()) << look.status();
  EXPECT_THAT(Gaps(*look), ElementsAre("logistics DEADLINE_EXCEEDED"));
  EXPECT_EQ(look->orders_size(), 1);
  EXPECT_EQ(look->cases_size(), 1);
}

TEST_F(OneLookTest, ServicesThatFailOrAreNotThereAreGapsWithTheirReasons) {
  Connect({"inquiries", "orders", "logistics"});
  world_.moods["orders"] = World::Mood::kFailing;
  const auto look = OwnersLook();
  ASSERT_TRUE(look.ok()) << look.status();
  EXPECT_THAT(Gaps(*look),
              UnorderedElementsAre("orders STORE_BROKEN", "after_sales SERVICE_NOT_CONFIGURED",
                                   "records SERVICE_NOT_CONFIGURED"));
  EXPECT_EQ(look->shipments_size(), 1);
}

TEST_F(OneLookTest, AgentsLookAtTheirOwnConversationsAndSupervisorsAtAny) {
  EXPECT_EQ(ErrorReason(Look(ROLE_AGENT, stranger_).status()), "NO_SUCH_CONVERSATION");
  EXPECT_THAT(world_.asked, IsEmpty());
  EXPECT_TRUE(Look(ROLE_SUPERVISOR, stranger_).ok());
}

TEST_F(OneLookTest, AColleagueWhoIsAskedAboutTheSessionLooksToo) {
  consulted_[stranger_.str()] = SessionId(conversation_, 1).str();
  EXPECT_EQ(ErrorReason(Look(ROLE_AGENT, stranger_).status()), "NO_SUCH_CONVERSATION");
  consulted_[stranger_.str()] = world_.conversation.inquiry().session();
  const auto look = Look(ROLE_AGENT, stranger_);
  ASSERT_TRUE(look.ok()) << look.status();
  EXPECT_EQ(look->orders_size(), 1);
}

TEST_F(OneLookTest, AConversationThatIsNotThereIsNotFound) {
  world_.conversation.set_conversation(ConversationId::New().str());
  EXPECT_EQ(ErrorReason(OwnersLook().status()), "NO_SUCH_CONVERSATION");
  EXPECT_EQ(ErrorReason(Look(ROLE_SUPERVISOR, owner_).status()), "NO_SUCH_CONVERSATION");
}

TEST_F(OneLookTest, WhileInquiriesIsDownWhoHoldsTheSessionAndSupervisorsSeeTheRest) {
  world_.moods["inquiries"] = World::Mood::kStuck;
  holders_.insert(owner_.str());
  for (const auto& look : {OwnersLook(), Look(ROLE_SUPERVISOR, stranger_)}) {
    ASSERT_TRUE(look.ok()) << look.status();
    EXPECT_THAT(Gaps(*look), ElementsAre("inquiries DEADLINE_EXCEEDED"));
    EXPECT_EQ(look->profile().buyer(), BuyerOf(conversation_).str());
    EXPECT_EQ(look->orders_size(), 1);
  }
  EXPECT_EQ(ErrorReason(Look(ROLE_AGENT, stranger_).status()), "DEADLINE_EXCEEDED");
}

}  // namespace
}  // namespace kefu::gateway
