// Large immutable bytes: archived conversations, later attachments and recordings. Written once,
// read whole or in part.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <string_view>

namespace kefu::blobs {

// Blocking; call it from a worker thread, never from an event loop. Thread-safe.
// Names are slash-separated parts of [A-Za-z0-9._-], none of them "." or "..".
class BlobStore {
 public:
  virtual ~BlobStore() = default;
  // Durable when it returns (file and folder synced). ALREADY_EXISTS if the name holds other bytes;
  // OK if the same.
  virtual absl::Status Put(std::string_view name, std::string_view bytes) = 0;
  // NOT_FOUND; DATA_LOSS if the checksum (CRC32C, kept with the bytes) does not match.
  virtual absl::StatusOr<std::string> Get(std::string_view name) = 0;
  virtual absl::Status Delete(std::string_view name) = 0;
};

// Files below a folder, made if absent.
std::unique_ptr<BlobStore> NewFileBlobStore(std::string folder);

}  // namespace kefu::blobs
