// Between the pure decisions of domain/ and the aggregate store: what registrar.cc and
// registrar_people.cc share.
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/directory/directory.h"
#include "gateway/directory/domain/decision.h"
#include "gateway/directory/notices.h"
#include "gateway/directory/storage/records.h"
#include "services/common/base/status.h"
#include "services/common/redis/aggregate_store.h"

namespace kefu::gateway::directory {

inline redis::AggregateId IdOf(std::optional<ShopId> shop, std::string_view type,
                               std::string_view id) {
  return {std::move(shop), std::string(type), std::string(id)};
}

inline redis::IndexChange Sorted(std::string_view index, std::string_view member,
                                 std::string_view score) {
  return {redis::IndexChange::Kind::kSortedAdd,
          std::string(index),
          std::string(member),
          std::string(score),
          "",
          ""};
}

// Routing has to hear of this change.
inline redis::IndexChange Owed(std::string_view id) {
  return Sorted(kUnsettledIndex, id, redis::IndexChange::kVersion);
}

inline redis::IndexChange Unique(std::string_view index, std::string_view member,
                                 std::string_view value, std::string_view reason,
                                 std::string_view message) {
  return {redis::IndexChange::Kind::kHashSetNew,
          std::string(index),
          std::string(member),
          std::string(value),
          std::string(reason),
          std::string(message)};
}

inline std::vector<redis::NewEvent> ToEvents(const std::vector<DirectoryEvent>& events,
                                             uint64_t version) {
  std::vector<redis::NewEvent> out;
  for (const DirectoryEvent& event : events) {
    v1::DirectoryChanged change;
    change.set_kind(event.kind);
    change.set_subject(event.subject);
    change.set_version(version);
    out.push_back({std::string(kDirectoryChanged), event.subject, change.SerializeAsString()});
  }
  return out;
}

// What a request made: the version, and the state unless that holds what must not be kept longer (a
// person's former password hashes). A repetition of the request answers it, whatever happened
// since.
inline std::string PackResult(uint64_t version, std::string_view state) {
  return std::to_string(version).append("\n").append(state);
}
inline bool ResultHasState(const Person*) { return false; }
template <class State>
bool ResultHasState(const State*) {
  return true;
}

template <class State>
absl::StatusOr<std::pair<uint64_t, State>> UnpackResult(const std::string& result) {
  const size_t end = result.find('\n');
  if (end == std::string::npos) return absl::InternalError("a remembered result has no version");
  KEFU_ASSIGN_OR_RETURN(State state, Decode<State>(std::string_view(result).substr(end + 1)));
  return std::pair<uint64_t, State>(std::stoull(result.substr(0, end)), std::move(state));
}

// Makes the store's decision out of a pure function of (state, version, time).
template <class State, class Apply>
redis::AggregateStore::Decide Deciding(Apply apply, std::vector<redis::IndexChange> indexes = {}) {
  return [apply = std::move(apply), indexes = std::move(indexes)](
             const redis::Snapshot& snapshot) -> absl::StatusOr<redis::Change> {
    std::optional<State> state;
    if (snapshot.version > 0) {
      KEFU_ASSIGN_OR_RETURN(state, Decode<State>(snapshot.state));
    }
    KEFU_ASSIGN_OR_RETURN(const Decision<State> decision,
                          apply(state, snapshot.version, snapshot.time));
    std::string encoded = Encode(decision.next);
    std::string result = PackResult(
        snapshot.version + 1, ResultHasState(&decision.next) ? std::string_view(encoded) : "");
    return redis::Change{std::move(encoded), std::move(result), indexes,
                         ToEvents(decision.events, snapshot.version + 1)};
  };
}

}  // namespace kefu::gateway::directory
