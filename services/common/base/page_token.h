// Where a list goes on: the position in an opaque token that is good for one query only.
//
//   const std::string query = page_token::Query({shop, buyer, state});
//   KEFU_ASSIGN_OR_RETURN(std::string position, page_token::Decode(query, request.page_token()));
//   … at most page_size after `position` …
//   response.set_next_page_token(more ? page_token::Encode(query, last) : "");
//
// A token holds nothing secret and grants nothing: whoever made one up would read another page of
// what they may read anyway. The query in it keeps a token from being used with other filters,
// where its position means something else. Pure.
#pragma once

#include <absl/status/statusor.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace kefu::page_token {

// Everything that decides what is listed and in which order, the shop included; the page size does
// not. The parts are told apart whatever they hold.
std::string Query(std::initializer_list<std::string_view> parts);

// `position` may hold any bytes.
std::string Encode(std::string_view query, std::string_view position);

// The position; empty for an empty token, the first page. INVALID_ARGUMENT BAD_PAGE_TOKEN for what
// Encode did not make, or made for another query.
absl::StatusOr<std::string> Decode(std::string_view query, std::string_view token);

}  // namespace kefu::page_token
