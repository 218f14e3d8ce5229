#include "gateway/consults/consult_book.h"

#include <google/protobuf/util/time_util.h>

#include <utility>

#include "proto/kefu/gateway/v1/record.pb.h"
#include "services/common/base/record.h"
#include "services/common/base/status.h"

namespace kefu::gateway::consults {
namespace {

constexpr uint32_t kVersion = 1;
constexpr char kType[] = "consults";
constexpr size_t kKept = 2000;
constexpr int64_t kMaxAgeMs = 5000;

redis::AggregateId IdOf(const ShopId& shop) { return {shop, kType, shop.str()}; }

void Encode(const Consult& consult, v1::ConsultRecord* record) {
  record->set_consult(consult.id.str());
  record->set_session(consult.session.str());
  record->set_asker(consult.asker.str());
  record->set_agent(consult.agent.str());
  record->set_create_time_ms(consult.create_time.ms);
}

std::string Encode(const Consults& consults) {
  v1::ConsultsRecord record;
  record.set_record_version(kVersion);
  for (const Consult& consult : consults) Encode(consult, record.add_consults());
  return record.SerializeAsString();
}

absl::StatusOr<Consult> Decode(const v1::ConsultRecord& record) {
  KEFU_ASSIGN_OR_RETURN(const ConsultId id, ConsultId::Parse(record.consult()));
  KEFU_ASSIGN_OR_RETURN(SessionId session, SessionId::Parse(record.session()));
  KEFU_ASSIGN_OR_RETURN(const AgentId asker, AgentId::Parse(record.asker()));
  KEFU_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(record.agent()));
  return Consult{id, std::move(session), asker, agent, {record.create_time_ms()}};
}

absl::StatusOr<Consults> Decode(const std::string& bytes) {
  KEFU_ASSIGN_OR_RETURN(const auto record, ParseRecord<v1::ConsultsRecord>(bytes, kVersion));
  Consults consults;
  for (const v1::ConsultRecord& stored : record.consults()) {
    KEFU_ASSIGN_OR_RETURN(Consult consult, Decode(stored));
    consults.push_back(std::move(consult));
  }
  return consults;
}

// What is remembered with the request: the one consult that it was about.
std::string ResultOf(const Consult& consult) { return Encode(Consults{consult}); }

absl::StatusOr<Consult> FromResult(const redis::Committed& committed) {
  KEFU_ASSIGN_OR_RETURN(Consults consults, Decode(committed.result));
  if (consults.size() != 1) return BadRecord("consult");
  return std::move(consults.front());
}

}  // namespace

ConsultBook::ConsultBook(redis::Aggregates& store) : store_(store), read_(kKept, kMaxAgeMs) {}

Task<absl::StatusOr<Consults>> ConsultBook::Get(ShopId shop) {
  if (const auto known = read_.Get(shop.str())) co_return **known;
  co_return co_await Read(std::move(shop));
}

Task<absl::StatusOr<Consults>> ConsultBook::Read(ShopId shop) {
  const auto ticket = read_.Begin();
  redis::AggregateId aggregate = IdOf(shop);
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Snapshot snapshot,
                           co_await store_.Load(std::move(aggregate)));
  KEFU_CO_ASSIGN_OR_RETURN(Consults consults, Decode(snapshot.state));
  read_.Put(shop.str(), std::make_shared<const Consults>(consults), ticket);
  co_return consults;
}

Task<absl::StatusOr<redis::Committed>> ConsultBook::Update(redis::Request request, ShopId shop,
                                                           Decide decide) {
  redis::Aggregates::Decide change =
      [decide =
           std::move(decide)](const redis::Snapshot& snapshot) -> absl::StatusOr<redis::Change> {
    KEFU_ASSIGN_OR_RETURN(const Consults consults, Decode(snapshot.state));
    return decide(consults, snapshot.time);
  };
  redis::AggregateId aggregate = IdOf(shop);
  absl::StatusOr<redis::Committed> committed =
      co_await store_.Update(std::move(aggregate), std::move(request), std::move(change));
  read_.Drop(shop.str());
  co_return committed;
}

Task<absl::StatusOr<Consult>> ConsultBook::Start(redis::Request request, ShopId shop,
                                                 Consult consult) {
  Decide decide = [consult = std::move(consult)](const Consults& consults,
                                                 TimePoint now) -> absl::StatusOr<redis::Change> {
    Consult dated = consult;
    dated.create_time = now;
    KEFU_ASSIGN_OR_RETURN(const Consults next, consults::Start(consults, dated));
    return redis::Change{.state = Encode(next),
                         .result = ResultOf(*Find(next, dated.session, dated.id, dated.asker))};
  };
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Committed committed,
                           co_await Update(std::move(request), std::move(shop), std::move(decide)));
  co_return FromResult(committed);
}

Task<absl::StatusOr<Consult>> ConsultBook::End(redis::Request request, ShopId shop,
                                               SessionId session, ConsultId id, AgentId by) {
  Decide decide = [session, id, by](const Consults& consults,
                                    TimePoint) -> absl::StatusOr<redis::Change> {
    const Consult* const consult = Find(consults, session, id, by);
    if (consult == nullptr) return NoSuchConsult();
    return redis::Change{.state = Encode(Without(consults, {*consult})),
                         .result = ResultOf(*consult)};
  };
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Committed committed,
                           co_await Update(std::move(request), std::move(shop), std::move(decide)));
  co_return FromResult(committed);
}

Task<absl::StatusOr<Consults>> ConsultBook::EndOf(ShopId shop, Owners owners) {
  KEFU_CO_ASSIGN_OR_RETURN(const Consults known, co_await Read(shop));
  const bool any = !EndedBy(known, owners).empty();
  if (!any) co_return Consults();
  Decide decide = [owners = std::move(owners)](const Consults& consults,
                                               TimePoint) -> absl::StatusOr<redis::Change> {
    const Consults ended = EndedBy(consults, owners);
    return redis::Change{.state = Encode(Without(consults, ended)), .result = Encode(ended)};
  };
  redis::Request repeatable;
  KEFU_CO_ASSIGN_OR_RETURN(
      const redis::Committed committed,
      co_await Update(std::move(repeatable), std::move(shop), std::move(decide)));
  co_return Decode(committed.result);
}

v1::Consult ToMessage(const Consult& consult, bool ended) {
  v1::Consult message;
  message.set_consult(consult.id.str());
  message.set_session(consult.session.str());
  message.set_conversation(consult.session.conversation().str());
  message.set_asker(consult.asker.str());
  message.set_agent(consult.agent.str());
  message.set_ended(ended);
  *message.mutable_create_time() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(consult.create_time.ms);
  return message;
}

}  // namespace kefu::gateway::consults
