#include "services/after_sales/storage/notes.h"

#include <utility>

#include "services/common/base/status.h"

namespace kefu::after_sales::storage {
namespace {

// What a note is bound to: it opens in no other place.
std::string ContextOf(const CaseId& id, size_t move) {
  return "note:" + id.str() + "/" + std::to_string(move);
}

std::set<std::string> OwnersOfSealedNotes(const domain::OrderCases& order) {
  std::set<std::string> owners;
  for (const domain::Case& one : order.cases) {
    for (const domain::Move& move : one.history) {
      if (!move.sealed.bytes.empty()) owners.insert(NoteOwner(order, one));
    }
  }
  return owners;
}

}  // namespace

std::string NoteOwner(const domain::OrderCases& order, const domain::Case& one) {
  return one.buyer.empty() ? order.order.str() : one.buyer;
}

std::set<std::string> OwnersOfClearNotes(const domain::OrderCases& order) {
  std::set<std::string> owners;
  for (const domain::Case& one : order.cases) {
    for (const domain::Move& move : one.history) {
      if (!move.note.empty()) owners.insert(NoteOwner(order, one));
    }
  }
  return owners;
}

void SealNotes(const NoteKeys& keys, domain::OrderCases* order) {
  for (domain::Case& one : order->cases) {
    for (size_t i = 0; i < one.history.size(); ++i) {
      domain::Move& move = one.history[i];
      if (move.note.empty()) continue;
      const seal::DataKey& key = *keys.at(NoteOwner(*order, one));
      move.sealed = {key.id, seal::Seal(key.secret, move.note, ContextOf(order->IdOf(one), i))};
      move.note.clear();
    }
  }
}

absl::Status OpenNotes(const NoteKeys& keys, domain::OrderCases* order) {
  for (domain::Case& one : order->cases) {
    const auto found = keys.find(NoteOwner(*order, one));
    if (found == keys.end() || found->second == nullptr) continue;
    const seal::DataKey& key = *found->second;
    for (size_t i = 0; i < one.history.size(); ++i) {
      domain::Move& move = one.history[i];
      if (move.sealed.bytes.empty() || move.sealed.key != key.id) continue;
      KEFU_ASSIGN_OR_RETURN(
          move.note, seal::Unseal(key.secret, move.sealed.bytes, ContextOf(order->IdOf(one), i)));
    }
  }
  return absl::OkStatus();
}

Task<absl::Status> OpenNotes(seal::OwnerKeys& keys, ShopId shop,
                             std::vector<domain::OrderCases*> orders) {
  std::set<std::string> wanted;
  for (const domain::OrderCases* order : orders) wanted.merge(OwnersOfSealedNotes(*order));
  if (wanted.empty()) co_return absl::OkStatus();
  const std::vector<std::string> owners(wanted.begin(), wanted.end());
  const auto found = co_await keys.FindMany(std::move(shop), owners);
  KEFU_CO_RETURN_IF_ERROR(found.status());
  NoteKeys by_owner;
  for (size_t i = 0; i < owners.size(); ++i) by_owner[owners[i]] = (*found)[i];
  for (domain::OrderCases* order : orders) KEFU_CO_RETURN_IF_ERROR(OpenNotes(by_owner, order));
  co_return absl::OkStatus();
}

absl::StatusOr<std::vector<redis::IndexChange>> NoteSealing::Seal(domain::OrderCases* order) {
  used_ = OwnersOfClearNotes(*order);
  missing_.clear();
  NoteKeys by_owner;
  std::vector<redis::IndexChange> guards;
  for (const std::string& owner : used_) {
    const seal::DataKeyPtr key = keys_.Cached(shop_, owner);
    if (key == nullptr) {
      missing_.insert(owner);
      continue;
    }
    by_owner[owner] = key;
    guards.push_back(seal::OwnerKeys::Guard(owner, key->id));
  }
  if (!missing_.empty()) {
    return Error(absl::StatusCode::kUnavailable, "KEY_MISSING",
                 "A data key is being fetched; retry with the same request_id.");
  }
  SealNotes(by_owner, order);
  return guards;
}

Task<absl::StatusOr<bool>> NoteSealing::Recover(absl::Status status) {
  if (seal::OwnerKeys::IsKeyChanged(status)) {
    for (const std::string& owner : used_) keys_.Forget(shop_, owner);
    co_return true;
  }
  for (const std::string& owner : missing_) {
    const auto key = co_await keys_.Ensure(shop_, owner);
    KEFU_CO_RETURN_IF_ERROR(key.status());
  }
  co_return !missing_.empty();
}

}  // namespace kefu::after_sales::storage
