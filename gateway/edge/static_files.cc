#include "gateway/edge/static_files.h"

#include <fmt/format.h>
#include <sodium.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxTotalBytes = 64u << 20;
// The one file that pages of other origins load.
constexpr std::string_view kWidget = "/widget.js";

constexpr std::string_view kContentSecurityPolicy =
    "default-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action "
    "'self'; "
    "frame-ancestors 'none'";

std::string EtagOf(std::string_view content) {
  std::array<unsigned char, 16> hash{};
  crypto_generichash(hash.data(), hash.size(),
                     reinterpret_cast<const unsigned char*>(content.data()), content.size(),
                     nullptr, 0);
  std::string etag = "\"";
  for (const unsigned char byte : hash) etag += fmt::format("{:02x}", byte);
  return etag + "\"";
}

bool IsHidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

// A path within `root` after links are followed.
bool StaysWithin(const fs::path& root, const fs::path& path) {
  const fs::path relative = fs::canonical(path).lexically_relative(root);
  return !relative.empty() && *relative.begin() != "..";
}

absl::StatusOr<std::string> ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in.is_open() || in.bad()) {
    return Error(absl::StatusCode::kFailedPrecondition, "WEB_ROOT_UNREADABLE",
                 "Make the file of the web root readable: " + path.string());
  }
  return content;
}

absl::Status WebRootInvalid(const std::string& why) {
  return Error(absl::StatusCode::kFailedPrecondition, "WEB_ROOT_INVALID", why);
}

void AddSecurityHeaders(HttpResponse& response) {
  response.headers.Add("Content-Security-Policy", kContentSecurityPolicy);
  response.headers.Add("X-Content-Type-Options", "nosniff");
  response.headers.Add("Referrer-Policy", "no-referrer");
}

HttpResponse NotFound() {
  HttpResponse response;
  response.status = 404;
  response.headers.Add("Content-Type", "text/plain; charset=utf-8");
  response.body = "There is no such page.\n";
  AddSecurityHeaders(response);
  return response;
}

// Which pages may load the file. The widget's script is meant for any shop's page, also for one
// that asks for permission of everything it loads (Cross-Origin-Embedder-Policy) or checks the
// script's hash (`integrity`, which needs CORS); everything else is for the gateway's own pages.
void AddEmbeddingHeaders(HttpResponse& response, bool for_any_page) {
  response.headers.Add("Cross-Origin-Resource-Policy",
                       for_any_page ? "cross-origin" : "same-origin");
  if (for_any_page) response.headers.Add("Access-Control-Allow-Origin", "*");
}

// If-None-Match: a list of tags, perhaps weak, or "*".
bool Matches(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" ||
         (!if_none_match.empty() && if_none_match.find(etag) != std::string_view::npos);
}

}  // namespace

std::string_view ContentTypeOf(std::string_view path) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kTypes = {{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".webp", "image/webp"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".wasm", "application/wasm"},
      {".txt", "text/plain; charset=utf-8"},
      {".webmanifest", "application/manifest+json"},
      {".mp3", "audio/mpeg"},
  }};
  for (const auto& [ending, type] : kTypes) {
    if (path.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

absl::StatusOr<StaticFiles> StaticFiles::Load(const std::string& root_name) {
  std::error_code error;
  const fs::path root = fs::canonical(root_name, error);
  if (error || !fs::is_directory(root)) {
    return Error(absl::StatusCode::kNotFound, "WEB_ROOT_MISSING",
                 "There is no such folder: " + root_name);
  }
  StaticFiles files;
  size_t total = 0;
  fs::recursive_directory_iterator walk(root, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    const fs::path& path = walk->path();
    if (IsHidden(path)) {
      if (walk->is_directory()) walk.disable_recursion_pending();
      continue;
    }
    if (!walk->is_regular_file()) continue;
    if (!StaysWithin(root, path))
      return WebRootInvalid("A link leads out of the web root: " + path.string());
    File file;
    KEFU_ASSIGN_OR_RETURN(file.content, ReadFile(path));
    total += file.content.size();
    if (total > kMaxTotalBytes)
      return WebRootInvalid("The web root holds more than 64 MiB: " + root_name);
    std::string url = "/" + path.lexically_relative(root).generic_string();
    file.content_type = ContentTypeOf(url);
    file.etag = EtagOf(file.content);
    file.immutable = url.starts_with("/assets/");
    file.for_any_page = url == kWidget;
    files.files_.emplace(std::move(url), std::move(file));
  }
  if (error) return WebRootInvalid("The web root cannot be read: " + error.message());
  return files;
}

const StaticFiles::File* StaticFiles::Find(std::string_view path) const {
  auto found = files_.find(path);
  if (found == files_.end() && path.ends_with('/'))
    found = files_.find(std::string(path) + "index.html");
  return found == files_.end() ? nullptr : &found->second;
}

HttpResponse StaticFiles::Serve(const HttpRequest& request) const {
  const File* file = Find(request.path);
  if (file == nullptr) {
    HttpResponse response = NotFound();
    response.head_only = request.method == "HEAD";
    return response;
  }
  HttpResponse response;
  response.headers.Add("ETag", file->etag);
  response.headers.Add("Cache-Control",
                       file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
  AddSecurityHeaders(response);
  AddEmbeddingHeaders(response, file->for_any_page);
  if (Matches(request.headers.Get("if-none-match"), file->etag)) {
    response.status = 304;
    return response;
  }
  response.headers.Add("Content-Type", file->content_type);
  response.lasting_body = file->content;
  response.head_only = request.method == "HEAD";
  return response;
}

}  // namespace kefu::gateway
