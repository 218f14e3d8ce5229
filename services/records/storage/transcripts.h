// Entries, their sessions and rounds, and the full-text index, as rows. Each function is one part
// of the caller's transaction and may be repeated without harm, in any order: the same facts always
// leave the same rows.
// Threads: as the session. Errors: SOCI throws; Connection::Run turns that into a status.
#pragma once

#include <absl/status/status.h>
#include <soci/soci.h>

#include "services/common/base/ids.h"
#include "services/records/storage/facts.h"

namespace kefu::records::storage {

// An entry that is there already loses its text if the new copy is redacted, and is replaced if the
// new copy is of a later store epoch: then the old one was in the tail that was lost.
absl::Status Keep(soci::session& sql, const ShopId& shop, const EntryFact& entry);
// An older state than the one known changes nothing.
absl::Status Keep(soci::session& sql, const ShopId& shop, const SessionFact& session);
absl::Status Keep(soci::session& sql, const ShopId& shop, const OwnerFact& owner);
absl::Status Keep(soci::session& sql, const ShopId& shop, const AssignmentFact& assignment);
// Takes every word of the buyer's conversation away, from the rows, from the index and from the
// dead letters, and leaves the chore to overwrite what the index still holds of them
// (storage/scrubber.h).
absl::Status Keep(soci::session& sql, const ShopId& shop, const ErasureFact& erasure);

}  // namespace kefu::records::storage
