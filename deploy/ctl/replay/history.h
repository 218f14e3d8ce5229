// Writes the history file (deploy/ctl/history.md). Not thread-safe.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kefu::ctl {

// Empty and absent members are left out.
struct HistoryRecord {
  std::string process;
  std::string op;
  std::string conversation;
  std::string client_id;
  int64_t t_invoke_us = 0;
  int64_t t_return_us = 0;
  std::string result;
  std::string reason;
  uint64_t epoch = 0;
  uint64_t seq = 0;
  // Present if `op` is read or view.
  std::optional<std::vector<uint64_t>> seqs;
  std::vector<std::string> client_ids;
  std::string session;
  std::optional<uint64_t> fence;
  std::string audience;
  std::string event;
  std::optional<bool> complete;
  uint64_t until = 0;
};

std::string HistoryLine(const HistoryRecord& record);

class HistoryWriter {
 public:
  // An empty path: writes nothing.
  static absl::StatusOr<std::unique_ptr<HistoryWriter>> Open(const std::string& path);
  ~HistoryWriter();
  HistoryWriter(const HistoryWriter&) = delete;
  HistoryWriter& operator=(const HistoryWriter&) = delete;

  // Flushed line by line: what was seen stays if the replay dies.
  void Write(const HistoryRecord& record);
  // DATA_LOSS if a line could not be written.
  absl::Status status() const;

 private:
  explicit HistoryWriter(std::FILE* file) : file_(file) {}
  std::FILE* file_;
  bool failed_ = false;
};

}  // namespace kefu::ctl
