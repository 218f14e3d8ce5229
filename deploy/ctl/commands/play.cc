#include "deploy/ctl/commands/play.h"

#include <fmt/format.h>

#include <utility>

#include "deploy/ctl/chat/terminal.h"

namespace kefu::ctl {
namespace {

absl::StatusOr<std::vector<Chat>> ChosenChats(const ReplayArguments& arguments) {
  ChatSelection selection;
  selection.limit = arguments.limit;
  if (arguments.busiest_hours > 0) selection.busiest_hours = arguments.busiest_hours;
  if (!arguments.from.empty()) {
    KEFU_ASSIGN_OR_RETURN(selection.from_ms, ParseTimeMs(arguments.from));
  }
  if (!arguments.to.empty()) {
    KEFU_ASSIGN_OR_RETURN(selection.to_ms, ParseTimeMs(arguments.to));
  }
  KEFU_ASSIGN_OR_RETURN(std::vector<Chat> chats, LoadChats(arguments.file));
  chats = SelectChats(std::move(chats), selection);
  if (!chats.empty()) return chats;
  return InvalidField("file", "No chat of the file is in the chosen time.");
}

std::string ManifestText(const Manifest& manifest) {
  uint64_t bytes = 0;
  for (const ManifestFile& file : manifest.files) bytes += file.bytes;
  std::string text =
      fmt::format("{}: {} files, {} bytes, {} keys, Redis {}, libraries", manifest.create_time,
                  manifest.files.size(), bytes, manifest.keys, manifest.redis_version);
  for (const std::string& library : manifest.libraries) text += " " + library;
  return text;
}

void PrintManifest(const Context& context, const Manifest& manifest, const char* done) {
  if (context.globals().json) {
    PrintLine(ManifestJson(manifest));
  } else {
    PrintLine(done + ManifestText(manifest));
  }
}

}  // namespace

Task<ExitCode> RunReplay(Context& context, ReplayArguments arguments) {
  KEFU_CO_ASSIGN_OR_RETURN(std::vector<Chat> chats, ChosenChats(arguments));
  ReplayOptions options = std::move(arguments.options);
  options.duration_ms = static_cast<int64_t>(arguments.duration_s * 1000);
  options.patience_ms = static_cast<int64_t>(arguments.patience_s * 1000);
  if (!arguments.agents_file.empty()) {
    KEFU_CO_ASSIGN_OR_RETURN(const std::string logins, ReadSecret(arguments.agents_file));
    KEFU_CO_ASSIGN_OR_RETURN(options.agents, ParseLogins(logins));
  }
  if (options.agents.empty()) {
    KEFU_CO_ASSIGN_OR_RETURN(options.operator_key, context.OperatorKey());
  }
  KEFU_CO_ASSIGN_OR_RETURN(std::unique_ptr<HistoryWriter> history,
                           HistoryWriter::Open(arguments.history));
  absl::StatusOr<Report> report =
      co_await Replay(context.client(), *history, std::move(chats), std::move(options));
  if (!report.ok()) co_return report.status();
  KEFU_CO_RETURN_IF_ERROR(history->status());
  PrintLine(context.globals().json ? ReportJson(*report) : ReportText(*report));
  co_return report->exit_code();
}

Task<ExitCode> RunChat(Context& context, ChatOptions options, bool as_agent) {
  options.json = context.globals().json;
  options.shop = context.globals().shop;
  absl::Status status;
  if (as_agent) {
    if (context.globals().login.empty()) {
      co_return InvalidField("login",
                             "An agent signs in with --login (KEFU_LOGIN) and a password.");
    }
    options.login = context.globals().login;
    KEFU_CO_ASSIGN_OR_RETURN(options.password, context.Password());
    status = co_await ChatAsAgent(context.client(), std::move(options));
  } else {
    status = co_await ChatAsBuyer(context.client(), std::move(options));
  }
  if (!status.ok()) co_return status;
  co_return 0;
}

Task<ExitCode> RunBackup(Context& context, BackupArguments arguments) {
  if (!arguments.password_file.empty()) {
    KEFU_CO_ASSIGN_OR_RETURN(arguments.options.redis.password, ReadSecret(arguments.password_file));
  }
  absl::StatusOr<Manifest> manifest = co_await Backup(std::move(arguments.options));
  if (!manifest.ok()) co_return manifest.status();
  PrintManifest(context, *manifest, "backed up ");
  co_return 0;
}

Task<ExitCode> RunRestore(Context& context, RestoreArguments arguments) {
  absl::StatusOr<Manifest> manifest = VerifyBackup(arguments.options.from);
  if (manifest.ok() && !arguments.check) manifest = co_await Restore(std::move(arguments.options));
  if (!manifest.ok()) co_return manifest.status();
  PrintManifest(context, *manifest, arguments.check ? "whole: " : "restored ");
  if (!arguments.check && !context.globals().json) {
    PrintLine(
        "Start Redis and the services, then raise the store epochs: kefuctl epoch raise --all");
  }
  co_return 0;
}

}  // namespace kefu::ctl
