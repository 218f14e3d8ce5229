// The web apps: read once at start, served from memory. /widget.js may be loaded by pages of any
// origin, all else by our own pages only.
#pragma once

#include <absl/status/statusor.h>

#include <map>
#include <string>
#include <string_view>

#include "gateway/edge/http_message.h"

namespace kefu::gateway {

// Immutable after Load; thread-safe. Lives as long as the server, for responses point into it.
class StaticFiles {
 public:
  StaticFiles() = default;
  // Every regular file under `root` but hidden ones. Links that lead out of the root are refused:
  // FAILED_PRECONDITION; so are more than 64 MiB in all. NOT_FOUND if there is no such folder.
  static absl::StatusOr<StaticFiles> Load(const std::string& root);

  // The answer to a GET or HEAD of that path: 200, 304, or 404. Only paths of loaded files are
  // known, so nothing else can be reached however a path is written. "/" and "/x/" mean their
  // index.html.
  HttpResponse Serve(const HttpRequest& request) const;
  bool Has(std::string_view path) const { return Find(path) != nullptr; }
  size_t size() const { return files_.size(); }

 private:
  struct File {
    std::string content;
    std::string_view content_type;
    std::string etag;
    // Under /assets/, where names carry a hash of the content.
    bool immutable = false;
    // Pages of other origins load it, too.
    bool for_any_page = false;
  };
  const File* Find(std::string_view path) const;

  std::map<std::string, File, std::less<>> files_;  // by URL path
};

// By the file's ending; application/octet-stream if unknown.
std::string_view ContentTypeOf(std::string_view path);

}  // namespace kefu::gateway
