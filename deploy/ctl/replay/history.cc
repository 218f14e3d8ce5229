#include "deploy/ctl/replay/history.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "services/common/base/status.h"

namespace kefu::ctl {

std::string HistoryLine(const HistoryRecord& record) {
  nlohmann::ordered_json out;
  const auto text = [&](const char* name, const std::string& value) {
    if (!value.empty()) out[name] = value;
  };
  text("process", record.process);
  text("op", record.op);
  text("conversation", record.conversation);
  text("client_id", record.client_id);
  text("session", record.session);
  if (record.fence.has_value()) out["fence"] = *record.fence;
  text("event", record.event);
  text("audience", record.audience);
  out["t_invoke"] = record.t_invoke_us;
  out["t_return"] = record.t_return_us;
  text("result", record.result);
  text("reason", record.reason);
  if (record.epoch != 0) out["epoch"] = record.epoch;
  if (record.seq != 0) out["seq"] = record.seq;
  if (record.seqs.has_value()) {
    out["seqs"] = *record.seqs;
    out["client_ids"] = record.client_ids;
  }
  if (record.complete.has_value()) out["complete"] = *record.complete;
  if (record.until != 0) out["until"] = record.until;
  return out.dump();
}

absl::StatusOr<std::unique_ptr<HistoryWriter>> HistoryWriter::Open(const std::string& path) {
  if (path.empty()) return std::unique_ptr<HistoryWriter>(new HistoryWriter(nullptr));
  std::FILE* file = std::fopen(path.c_str(), "we");
  if (file == nullptr) {
    return Error(absl::StatusCode::kInvalidArgument, "BAD_FILE",
                 fmt::format("Cannot write {}: {}.", path, std::strerror(errno)));
  }
  return std::unique_ptr<HistoryWriter>(new HistoryWriter(file));
}

HistoryWriter::~HistoryWriter() {
  if (file_ != nullptr) std::fclose(file_);
}

void HistoryWriter::Write(const HistoryRecord& record) {
  if (file_ == nullptr) return;
  const std::string line = HistoryLine(record) + "\n";
  const bool written =
      std::fwrite(line.data(), 1, line.size(), file_) == line.size() && std::fflush(file_) == 0;
  failed_ = failed_ || !written;
}

absl::Status HistoryWriter::status() const {
  if (!failed_) return absl::OkStatus();
  return Error(absl::StatusCode::kDataLoss, "HISTORY_INCOMPLETE",
               "The history file could not be written whole.");
}

}  // namespace kefu::ctl
