#include "metrics/api.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/percent_encoding.h"
#include "metrics/api_json.h"
#include "metrics/exposition.h"
#include "metrics/status_page.h"

namespace ebbgate::metrics {

namespace {

constexpr std::array<std::string_view, 6> kStates{"held",    "missing",   "updating",
                                                  "waiting", "unhealthy", "idle"};
constexpr std::size_t kMaxLimit = 1000;
constexpr std::size_t kHistoryLimit = 100;
constexpr std::string_view kWorkloads = "/api/v1/workloads";

Reply json_reply(int status, std::string body) {
  return {status, "application/json", std::move(body), {}};
}

Reply error(int status, const std::string& message) {
  return json_reply(status, error_json(message));
}

Reply no_answer() {
  Reply reply = error(503, "no answer in time: ebbgate is busy or stopping; try again");
  reply.headers.emplace_back("Retry-After", "1");
  return reply;
}

Reply no_such_workload(const WorkloadKey& key) {
  return error(404, "no such workload: " + key.text());
}

Reply text_reply(int status, std::string body) {
  return {status, "text/plain; charset=utf-8", std::move(body), {}};
}

Reply with_etag(const Request& request, Reply reply) {
  const std::string tag = "\"" + sha256(reply.body).hex().substr(0, 32) + "\"";
  if (request.if_none_match.find(tag) != std::string::npos || request.if_none_match == "*") {
    reply = {304, "", "", {}};
  }
  reply.headers.emplace_back("ETag", tag);
  return reply;
}

// Reads a query's parameters; the first thing that is wrong becomes its error.
class Parameters {
 public:
  explicit Parameters(const Request& request) : left_(request.parameters) {}

  std::string text(const std::string& name) {
    const auto found = left_.find(name);
    if (found == left_.end()) return "";
    std::string value = std::move(found->second);
    left_.erase(found);
    return value;
  }

  std::optional<WorkloadKey> workload(const std::string& name) {
    const std::string value = text(name);
    if (value.empty()) return std::nullopt;
    auto key = WorkloadKey::parse(value);
    if (!key) fail(name + " must be NAMESPACE/KIND/NAME, such as default/Local/web");
    return key;
  }

  std::size_t limit(std::size_t standard) {
    const std::string value = text("limit");
    if (value.empty()) return standard;
    std::size_t limit = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), limit);
    if (error != std::errc() || end != value.data() + value.size() || limit < 1 ||
        limit > kMaxLimit) {
      fail("limit must be a whole number from 1 to " + std::to_string(kMaxLimit));
      return standard;
    }
    return limit;
  }

  void fail(std::string message) {
    if (error_.empty()) error_ = std::move(message);
  }

  /// Empty: all is well, and nothing is left that nobody asked for.
  std::string error() {
    if (!left_.empty()) fail("there is no parameter " + left_.begin()->first);
    return error_;
  }

 private:
  std::map<std::string, std::string> left_;
  std::string error_;
};

// NAMESPACE/KIND/NAME, each part percent-encoded.
std::optional<WorkloadKey> key_of(std::string_view path) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t slash = path.find('/');
    auto part = percent_decode(path.substr(0, slash));
    if (!part || part->empty()) return std::nullopt;
    parts.push_back(std::move(*part));
    if (slash == path.npos) break;
    path.remove_prefix(slash + 1);
  }
  if (parts.size() != 3) return std::nullopt;
  return WorkloadKey{std::move(parts[0]), std::move(parts[1]), std::move(parts[2])};
}

class Api {
 public:
  Api(StatusSource& source, std::function<std::string()> exposition, Access access)
      : source_(source), exposition_(std::move(exposition)), access_(access) {}

  Reply operator()(const Request& request) const {
    const std::string_view path = request.path;
    if (access_ == Access::admin) {
      if (const auto key = to_release(path)) {
        return request.method == "POST" ? release(*key) : not_allowed("POST");
      }
    }
    const auto route = find(path);
    if (!route) return error(404, "there is nothing at this path");
    if (request.method != "GET") return not_allowed("GET, HEAD");
    return (this->*route)(request);
  }

 private:
  using Route = Reply (Api::*)(const Request&) const;

  Route find(std::string_view path) const {
    if (path == "/") return &Api::page;
    if (path == "/metrics") return &Api::metrics;
    if (path == "/healthz") return &Api::healthy;
    if (path == "/readyz") return &Api::ready;
    if (path == kWorkloads) return &Api::workloads;
    if (path == "/api/v1/history") return &Api::history;
    if (path == "/api/v1/process") return &Api::process;
    if (path.starts_with(kWorkloads) && path.substr(kWorkloads.size()).starts_with("/")) {
      return &Api::workload;
    }
    return nullptr;
  }

  static Reply not_allowed(const char* methods) {
    Reply reply = error(405, std::string("only ") + methods + " is allowed here");
    reply.headers.emplace_back("Allow", methods);
    return reply;
  }

  Reply page(const Request&) const {
    return {
        200,
        "text/html; charset=utf-8",
        status_page(),
        {{"Content-Security-Policy", status_page_policy()}, {"Referrer-Policy", "no-referrer"}}};
  }

  Reply metrics(const Request&) const { return {200, kExpositionContentType, exposition_(), {}}; }

  Reply healthy(const Request&) const {
    if (source_.healthy()) return text_reply(200, "ok\n");
    return text_reply(503, "the decision loop has not turned lately\n");
  }

  Reply ready(const Request&) const {
    const auto reasons = source_.not_ready();
    if (reasons.empty()) return text_reply(200, "ok\n");
    std::string text;
    for (const std::string& reason : reasons) text += reason + "\n";
    return text_reply(503, std::move(text));
  }

  Reply process(const Request& request) const {
    Parameters parameters(request);
    if (const auto wrong = parameters.error(); !wrong.empty()) return error(400, wrong);
    return with_etag(request, json_reply(200, process_json(source_.process())));
  }

  Reply workloads(const Request& request) const {
    Parameters parameters(request);
    WorkloadQuery query;
    query.state = parameters.text("state");
    if (!query.state.empty() &&
        std::find(kStates.begin(), kStates.end(), query.state) == kStates.end()) {
      parameters.fail("state must be one of held, missing, updating, waiting, unhealthy, idle");
    }
    query.namespace_name = parameters.text("namespace");
    query.after = parameters.workload("after");
    const std::size_t limit = parameters.limit(kMaxLimit);
    if (const auto wrong = parameters.error(); !wrong.empty()) return error(400, wrong);

    query.limit = limit + 1;  // one more tells whether there is a next page
    auto found = source_.workloads(query);
    if (!found) return no_answer();
    std::optional<WorkloadKey> next;
    if (found->size() > limit) {
      found->resize(limit);
      next = found->back().key;
    }
    return with_etag(request, json_reply(200, workloads_json(*found, next)));
  }

  Reply workload(const Request& request) const {
    const auto key = key_of(std::string_view(request.path).substr(kWorkloads.size() + 1));
    if (!key) return wrong_path();
    Parameters parameters(request);
    if (const auto wrong = parameters.error(); !wrong.empty()) return error(400, wrong);
    const auto found = source_.workload(*key);
    if (!found) return no_answer();
    if (!*found) return no_such_workload(*key);
    return with_etag(request, json_reply(200, workload_json(**found)));
  }

  Reply history(const Request& request) const {
    Parameters parameters(request);
    const auto key = parameters.workload("workload");
    const std::size_t limit = parameters.limit(kHistoryLimit);
    if (const auto wrong = parameters.error(); !wrong.empty()) return error(400, wrong);
    const auto found = source_.history(key, limit);
    if (!found) return no_answer();
    return with_etag(request, json_reply(200, history_json(*found)));
  }

  // The workload of /api/v1/workloads/NAMESPACE/KIND/NAME/release.
  static std::optional<WorkloadKey> to_release(std::string_view path) {
    constexpr std::string_view kEnd = "/release";
    if (!path.starts_with(kWorkloads) || !path.ends_with(kEnd)) return std::nullopt;
    path = path.substr(kWorkloads.size(), path.size() - kWorkloads.size() - kEnd.size());
    return path.starts_with('/') ? key_of(path.substr(1)) : std::nullopt;
  }

  Reply release(const WorkloadKey& key) const {
    const auto released = source_.release(key);
    if (!released) return no_answer();
    return *released ? json_reply(200, released_json(key)) : no_such_workload(key);
  }

  static Reply wrong_path() {
    return error(404, std::string("write ") + std::string(kWorkloads) +
                          "/NAMESPACE/KIND/NAME, each part percent-encoded");
  }

  StatusSource& source_;
  std::function<std::string()> exposition_;
  Access access_;
};

}  // namespace

Handler api_handler(StatusSource& source, std::function<std::string()> exposition, Access access) {
  return Api(source, std::move(exposition), access);
}

}  // namespace ebbgate::metrics
