// Reading a stored protobuf record whose first field says its version, `uint32 record_version`.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "services/common/base/status.h"

namespace kefu {

// DATA_LOSS BAD_RECORD: what is stored is not what was written. `what`: "order", "case".
inline absl::Status BadRecord(std::string_view what = "record") {
  return Error(absl::StatusCode::kDataLoss, "BAD_RECORD",
               "A stored " + std::string(what) + " cannot be read; restore it from a backup.");
}

// BAD_RECORD; FAILED_PRECONDITION RECORD_TOO_NEW if the record is of a later version than
// `version`, which a release meets only if it runs beside one that is two ahead.
template <class Record>
absl::StatusOr<Record> ParseRecord(std::string_view bytes, uint32_t version,
                                   std::string_view what = "record") {
  Record record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return BadRecord(what);
  if (record.record_version() <= version) return record;
  return Error(absl::StatusCode::kFailedPrecondition, "RECORD_TOO_NEW",
               "A later release wrote this " + std::string(what) + "; run that release.");
}

}  // namespace kefu
