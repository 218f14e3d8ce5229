// The notes of cases are personal data: stored only under a data key of the case's buyer, or of the
// order if it has no buyer. When the buyer is erased the key goes, and the notes are empty from
// then on.
//
// Threads: thread-safe. The keys outlive it. Errors: those of seal/owner_keys.h; DATA_LOSS
// SEAL_BROKEN.
#pragma once

#include <absl/status/statusor.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "services/after_sales/domain/case.h"
#include "services/common/seal/owner_keys.h"

namespace kefu::after_sales::storage {

// By owner; null: there is none in force.
using NoteKeys = std::map<std::string, seal::DataKeyPtr>;

// Whose key the notes of the case are sealed with.
std::string NoteOwner(const domain::OrderCases& order, const domain::Case& one);
// Of the notes that are not sealed yet: new ones, and those of an old record.
std::set<std::string> OwnersOfClearNotes(const domain::OrderCases& order);
// `keys` holds one for each of them.
void SealNotes(const NoteKeys& keys, domain::OrderCases* order);
// What was sealed under another key than these stays closed: that key was erased.
absl::Status OpenNotes(const NoteKeys& keys, domain::OrderCases* order);

// The same with the keys in force.
Task<absl::Status> OpenNotes(seal::OwnerKeys& keys, ShopId shop,
                             std::vector<domain::OrderCases*> orders);

// Seals the notes of one commit, which runs without waiting: with the keys in memory. If one is
// missing there, or is not in force any more, the commit fails, and once Recover has fetched it,
// may be tried again.
//
//   for (…) {
//     NoteSealing sealing(keys, shop);
//     committed = co_await commit(…, [&](…) { KEFU_ASSIGN_OR_RETURN(guards, sealing.Seal(&next));
//     …}); if (committed.ok()) break; again = co_await sealing.Recover(committed.status());
//   }
//
// Threads: of one commit.
class NoteSealing {
 public:
  NoteSealing(seal::OwnerKeys& keys, ShopId shop) : keys_(keys), shop_(std::move(shop)) {}

  // The guards that go into the commit.
  absl::StatusOr<std::vector<redis::IndexChange>> Seal(domain::OrderCases* order);
  // Whether what failed with `status` may be tried again.
  Task<absl::StatusOr<bool>> Recover(absl::Status status);

 private:
  seal::OwnerKeys& keys_;
  const ShopId shop_;
  std::set<std::string> used_;
  std::set<std::string> missing_;
};

}  // namespace kefu::after_sales::storage
