#include "services/orders/rpc/upserts.h"

#include <set>
#include <utility>

#include "services/common/base/mask.h"
#include "services/common/base/retry.h"
#include "services/common/base/status.h"
#include "services/common/base/when_all.h"
#include "services/orders/rpc/convert.h"

namespace kefu::orders::rpc {
namespace {

using Outcome = v1::UpsertResult::Outcome;

// A key replaced again and again is a buyer erased again and again.
constexpr int kSealAttempts = 3;

constexpr std::pair<Outcome, const char*> kOutcomes[] = {
    {v1::UpsertResult::OUTCOME_CREATED, "created"},
    {v1::UpsertResult::OUTCOME_UPDATED, "updated"},
    {v1::UpsertResult::OUTCOME_UNCHANGED, "unchanged"},
    {v1::UpsertResult::OUTCOME_STALE, "stale"},
    {v1::UpsertResult::OUTCOME_REFUSED, "refused"},
};

Outcome ToProto(domain::Outcome outcome) {
  switch (outcome) {
    case domain::Outcome::kCreated:
      return v1::UpsertResult::OUTCOME_CREATED;
    case domain::Outcome::kUpdated:
      return v1::UpsertResult::OUTCOME_UPDATED;
    case domain::Outcome::kUnchanged:
      return v1::UpsertResult::OUTCOME_UNCHANGED;
    case domain::Outcome::kStale:
      return v1::UpsertResult::OUTCOME_STALE;
  }
  return v1::UpsertResult::OUTCOME_UNSPECIFIED;
}

void SetRefused(const absl::Status& status, v1::UpsertResult* result) {
  result->set_outcome(v1::UpsertResult::OUTCOME_REFUSED);
  // Made of our own status just now, so it parses.
  result->mutable_error()->ParseFromString(EncodeRpcStatus(status));
}

// What the caller says outright wins over what the table makes of the source's words.
domain::Said Merge(domain::Said outright, const domain::Said& translated) {
  if (!outright.state) {
    outright.state = translated.state;
    outright.closed = translated.closed;
  }
  if (!outright.payment) outright.payment = translated.payment;
  if (!outright.fulfilment) outright.fulfilment = translated.fulfilment;
  return outright;
}

domain::Contact SealContact(const v1::Contact& proto, const domain::MaskedContact& masked,
                            const std::string& owner, const OrderId& id, const seal::DataKey& key) {
  const std::string plain = proto.SerializeAsString();
  domain::Contact contact;
  contact.masked = masked;
  contact.phone_tail = PhoneTail(proto.phone()).value_or("");
  contact.key_owner = owner;
  contact.key = key.id;
  contact.sealed = seal::Seal(key.secret, plain, id.str());
  contact.hash = seal::PayloadHash(key.secret, plain);
  return contact;
}

}  // namespace

// What the coroutines of one call share; their caller holds it.
struct Upserts::Batch {
  ShopId shop;
  std::vector<v1::OrderInput> orders;
  std::string traceparent;
  std::vector<v1::UpsertResult> results;
  // The first error that passes.
  absl::Status failed;
};

Upserts::Upserts(storage::OrderStore& orders, seal::OwnerKeys& keys,
                 const domain::StatusTables& statuses, metrics::Metrics& metrics)
    : orders_(orders), keys_(keys), statuses_(statuses) {
  for (const auto& [outcome, name] : kOutcomes) {
    outcomes_[outcome] = &metrics.AddCounter("kefu_orders_upserts_total",
                                             "Versions of orders taken in, by what became of them.",
                                             {{"outcome", name}});
  }
  const auto unknown = [&metrics](const std::string& source) {
    return &metrics.AddCounter("kefu_orders_unknown_statuses_total",
                               "Statuses that the table of their source does not know.",
                               {{"source", source}});
  };
  unknown_[""] = unknown("other");
  for (const auto& [source, table] : statuses_.sources()) unknown_[source] = unknown(source);
}

Task<absl::StatusOr<std::vector<v1::UpsertResult>>> Upserts::UpsertAll(
    ShopId shop, std::vector<v1::OrderInput> orders, std::string traceparent) {
  Batch batch{std::move(shop), std::move(orders), std::move(traceparent), {}, {}};
  batch.results.resize(batch.orders.size());
  std::map<OrderId, std::vector<size_t>> places;
  for (size_t i = 0; i < batch.orders.size(); ++i)
    places[OrderIdOf(batch.orders[i].source(), batch.orders[i].number())].push_back(i);
  std::vector<Task<>> tasks;
  for (auto& [id, own] : places) tasks.push_back(UpsertSome(batch, std::move(own)));
  co_await WhenAll(std::move(tasks));
  KEFU_CO_RETURN_IF_ERROR(batch.failed);
  co_return std::move(batch.results);
}

Task<> Upserts::UpsertSome(Batch& batch, std::vector<size_t> places) {
  for (const size_t place : places) {
    const v1::OrderInput& input = batch.orders[place];
    auto result = co_await Upsert(batch.shop, input, batch.traceparent);
    if (!result.ok()) {
      batch.failed.Update(result.status());
      co_return;
    }
    Count(input, *result);
    batch.results[place] = *std::move(result);
  }
}

absl::StatusOr<domain::Upsert> Upserts::Prepare(const v1::OrderInput& input,
                                                std::vector<std::string>* unknown) const {
  KEFU_ASSIGN_OR_RETURN(const domain::OrderInput values, ToInput(input));
  KEFU_ASSIGN_OR_RETURN(const domain::Said outright, ToSaid(input));
  KEFU_ASSIGN_OR_RETURN(domain::Upsert upsert, Check(values));
  auto translated = statuses_.Translate(upsert.source, upsert.source_status);
  *unknown = std::move(translated.unknown);
  upsert.said = Merge(outright, translated.said);
  upsert.input_hash = InputHash(input);
  if (!values.contact.empty()) {
    upsert.contact.emplace();
    upsert.contact->masked = Mask(values.contact);
  }
  return upsert;
}

Task<absl::StatusOr<v1::UpsertResult>> Upserts::Upsert(ShopId shop, const v1::OrderInput& input,
                                                       std::string traceparent) {
  v1::UpsertResult result;
  std::vector<std::string> unknown;
  absl::StatusOr<domain::Upsert> upsert = Prepare(input, &unknown);
  if (!upsert.ok()) {
    SetRefused(upsert.status(), &result);
    co_return result;
  }
  const OrderId id = OrderIdOf(input.source(), input.number());
  result.set_order(id.str());
  for (const std::string& name : unknown) result.add_unknown_statuses(name);
  const auto updated = co_await Commit(shop, id, input, *std::move(upsert), traceparent);
  if (updated.ok()) {
    result.set_outcome(ToProto(updated->outcome));
  } else if (Passes(updated.status())) {
    co_return updated.status();
  } else {
    SetRefused(updated.status(), &result);
  }
  co_return result;
}

Task<absl::StatusOr<storage::OrderStore::Updated>> Upserts::Commit(ShopId shop, OrderId id,
                                                                   const v1::OrderInput& input,
                                                                   domain::Upsert upsert,
                                                                   std::string traceparent) {
  if (!upsert.contact) co_return co_await CommitSealed(shop, id, std::move(upsert), traceparent);
  const std::string owner = upsert.buyer.empty() ? id.str() : upsert.buyer;
  const domain::MaskedContact masked = upsert.contact->masked;
  for (int attempt = 0; attempt < kSealAttempts; ++attempt) {
    const auto key = co_await keys_.Ensure(shop, owner);
    KEFU_CO_RETURN_IF_ERROR(key.status());
    if (*key == nullptr) continue;  // erased the moment it was made
    upsert.contact = SealContact(input.contact(), masked, owner, id, **key);
    auto updated = co_await CommitSealed(shop, id, upsert, traceparent);
    if (!seal::OwnerKeys::IsKeyChanged(updated.status())) co_return updated;
    keys_.Forget(shop, owner);
  }
  co_return Error(absl::StatusCode::kAborted, "KEY_CHANGED",
                  "The buyer is being erased; send the order again if it is still wanted.");
}

Task<absl::StatusOr<storage::OrderStore::Updated>> Upserts::CommitSealed(ShopId shop, OrderId id,
                                                                         domain::Upsert upsert,
                                                                         std::string traceparent) {
  const storage::OrderStore::Decide decide = [&](const domain::Order& order, TimePoint now) {
    return Apply(order, upsert, now);
  };
  std::vector<redis::IndexChange> guards;
  if (upsert.contact)
    guards.push_back(seal::OwnerKeys::Guard(upsert.contact->key_owner, upsert.contact->key));
  // Without an id of its own: the version makes it harmless to repeat.
  redis::Request request;
  request.traceparent = std::move(traceparent);
  co_return co_await orders_.Update(std::move(shop), std::move(id), std::move(request), decide,
                                    std::nullopt, std::move(guards));
}

void Upserts::Count(const v1::OrderInput& input, const v1::UpsertResult& result) {
  outcomes_.at(result.outcome())->Increment();
  const bool kept = result.outcome() == v1::UpsertResult::OUTCOME_CREATED ||
                    result.outcome() == v1::UpsertResult::OUTCOME_UPDATED;
  if (!kept || result.unknown_statuses_size() == 0) return;
  const auto own = unknown_.find(input.source());
  metrics::Counter* counter = own == unknown_.end() ? unknown_.at("") : own->second;
  counter->Increment(result.unknown_statuses_size());
}

}  // namespace kefu::orders::rpc
