#include "metrics/api.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/percent_encoding.h"
#include "base/text.h"
#include "base/workload_states.h"
#include "metrics/api_json.h"
#include "metrics/exposition.h"
#include "metrics/feedback_api.h"
#include "metrics/list_permits.h"
#include "metrics/parameters.h"
#include "metrics/replies.h"
#include "metrics/status_page.h"

namespace ebbgate::metrics {

namespace {

constexpr std::size_t kMaxLimit = 1000;
constexpr std::size_t kHistoryLimit = 100;
// With the source's own patience less than the server's for a reply, so that there is an answer.
constexpr Duration kPatienceForLists = std::chrono::seconds(4);
constexpr std::string_view kWorkloads = "/api/v1/workloads";

Reply no_answer() {
  return try_again("no answer in time: ebbgate is busy or stopping; try again");
}

Reply no_such_workload(const WorkloadKey& key) {
  return error_reply(404, "no such workload: " + key.text());
}

Reply text_reply(int status, std::string body) {
  return {status, "text/plain; charset=utf-8", std::move(body), {}};
}

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
  Api(StatusSource& source, FeedbackSource& feedback, std::function<std::string()> exposition,
      const Clock& clock, Access access)
      : source_(source),
        feedback_(std::make_shared<FeedbackApi>(feedback, clock)),
        clock_(clock),
        exposition_(std::move(exposition)),
        access_(access) {}

  Reply operator()(const Request& request) const {
    Reply reply = answer(request);
    // Browsers' clocks are often wrong; with this they count down by ours.
    reply.headers.emplace_back("Ebbgate-Time", format_time(clock_.now().wall));
    return reply;
  }

 private:
  Reply answer(const Request& request) const {
    const std::string_view path = request.path;
    if (access_ == Access::admin) {
      if (const auto key = to_release(path)) {
        return request.method == "POST" ? release(*key) : not_allowed("POST");
      }
    }
    if (FeedbackApi::serves(request)) return feedback_->answer(request);
    const auto route = find(path);
    if (!route) return error_reply(404, "there is nothing at this path");
    if (request.method != "GET") return not_allowed("GET, HEAD");
    return (this->*route)(request);
  }

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

  Reply page(const Request& request) const {
    Reply reply =
        with_etag(request, {200, "text/html; charset=utf-8", std::string(status_page()), {}});
    reply.headers.emplace_back("Content-Security-Policy", status_page_policy());
    return reply;
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
    if (const auto wrong = parameters.error(); !wrong.empty()) return error_reply(400, wrong);
    return with_etag(request, json_reply(200, process_json(source_.process())));
  }

  Reply workloads(const Request& request) const {
    Parameters parameters(request);
    if (const std::string since = parameters.text("since"); !since.empty()) {
      return news(request, since, parameters);
    }
    WorkloadQuery query;
    query.states = parameters.words("state");
    for (const std::string& state : query.states) {
      if (std::ranges::find(kWorkloadStates, state) != kWorkloadStates.end()) continue;
      std::string states;
      for (const std::string_view each : kWorkloadStates) states.append(each).append(", ");
      parameters.fail("state must be one or some of " + states + "with commas between them");
    }
    query.namespace_name = parameters.text("namespace");
    query.after = parameters.workload("after");
    const std::size_t limit = parameters.limit(kMaxLimit, kMaxLimit);
    if (const auto wrong = parameters.error(); !wrong.empty()) return error_reply(400, wrong);

    const auto permit = lists_->take(kPatienceForLists);
    if (!permit) return no_answer();
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

  // Goes with a limit alone: what is left out by a filter would never be told.
  Reply news(const Request& request, const std::string& since, Parameters& parameters) const {
    const std::size_t limit = parameters.limit(kMaxLimit, kMaxLimit);
    if (const auto wrong = parameters.error(); !wrong.empty()) return error_reply(400, wrong);
    const auto permit = lists_->take(kPatienceForLists);
    if (!permit) return no_answer();
    const auto found = source_.news(since, limit);
    if (!found) return no_answer();
    if (!*found) {
      return error_reply(410, "what happened since then is not known any more; begin with since=0");
    }
    return with_etag(request, json_reply(200, news_json(**found)));
  }

  Reply workload(const Request& request) const {
    const auto key = key_of(std::string_view(request.path).substr(kWorkloads.size() + 1));
    if (!key) return wrong_path();
    Parameters parameters(request);
    if (const auto wrong = parameters.error(); !wrong.empty()) return error_reply(400, wrong);
    const auto found = source_.workload(*key);
    if (!found) return no_answer();
    if (!*found) return no_such_workload(*key);
    return with_etag(request, json_reply(200, workload_json(**found)));
  }

  Reply history(const Request& request) const {
    Parameters parameters(request);
    const auto key = parameters.workload("workload");
    const std::size_t limit = parameters.limit(kHistoryLimit, kMaxLimit);
    if (const auto wrong = parameters.error(); !wrong.empty()) return error_reply(400, wrong);
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
    return error_reply(404, std::string("write ") + std::string(kWorkloads) +
                                "/NAMESPACE/KIND/NAME, each part percent-encoded");
  }

  StatusSource& source_;
  const std::shared_ptr<FeedbackApi> feedback_;  // shared, as handlers are copied
  const std::shared_ptr<ListPermits> lists_ = std::make_shared<ListPermits>();
  const Clock& clock_;
  std::function<std::string()> exposition_;
  Access access_;
};

}  // namespace

Handler api_handler(StatusSource& source, FeedbackSource& feedback,
                    std::function<std::string()> exposition, const Clock& clock, Access access) {
  return Api(source, feedback, std::move(exposition), clock, access);
}

}  // namespace ebbgate::metrics
