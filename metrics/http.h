#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// HTTP as the routes see it, without the library behind it.
namespace ebbgate::metrics {

struct Request {
  std::string method;                             ///< GET for HEAD too
  std::string path;                               ///< as sent: percent-encoded, without the query
  std::map<std::string, std::string> parameters;  ///< decoded; the last of one name counts
  std::string if_none_match;
  std::string body;
};

struct Reply {
  int status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Called on several threads at once; returns within about a second.
using Handler = std::function<Reply(const Request&)>;

}  // namespace ebbgate::metrics
