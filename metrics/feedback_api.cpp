#include "metrics/feedback_api.h"

#include <optional>
#include <string_view>
#include <vector>

#include "base/percent_encoding.h"
#include "metrics/api_json.h"
#include "metrics/parameters.h"
#include "metrics/replies.h"

namespace ebbgate::metrics {

namespace {

constexpr std::string_view kFeedback = "/api/v1/feedback";

}  // namespace

bool FeedbackApi::serves(const Request& request) {
  const std::string_view path = request.path;
  return path == kFeedback ||
         (path.starts_with(kFeedback) && path.substr(kFeedback.size()).starts_with('/'));
}

Reply FeedbackApi::answer(const Request& request) {
  if (request.path == kFeedback) {
    return request.method == "GET" ? list(request) : not_allowed("GET, HEAD");
  }
  return request.method == "POST" ? take(request) : not_allowed("POST");
}

Reply FeedbackApi::list(const Request& request) {
  Parameters parameters(request);
  if (const auto wrong = parameters.error(); !wrong.empty()) return error_reply(400, wrong);
  const std::vector<PeerStatus> peers = source_.peers();
  const MutexLock lock(mutex_);
  anchor_.follow(clock_.now());
  return with_etag(request, json_reply(200, peers_json(peers, anchor_)));
}

Reply FeedbackApi::take(const Request& request) {
  const auto peer = percent_decode(std::string_view(request.path).substr(kFeedback.size() + 1));
  if (!peer || peer->empty()) {
    return error_reply(
        404, std::string("write ") + std::string(kFeedback) + "/PEER, its name percent-encoded");
  }
  Parameters parameters(request);
  const bool durable = parameters.flag("durable");
  if (const auto wrong = parameters.error(); !wrong.empty()) return error_reply(400, wrong);
  const Offered offered = source_.offer(*peer, request.body, durable);
  switch (offered.what) {
    case Offered::What::taken:
      return json_reply(202, offered_json(offered));
    case Offered::What::no_peer:
      return no_peer(*peer);
    case Offered::What::wrong:
      return json_reply(400, wrong_line_json(offered));
    case Offered::What::full:
      return error_reply(507, "not all of it fits into the queue of " + *peer +
                                  ", and nothing was taken; send less, or try again later");
    case Offered::What::degraded:
      return try_again(
          "the database cannot be written now; what was sent may be delivered still, but would not "
          "survive a crash");
    case Offered::What::stopping:
      break;
  }
  return try_again("ebbgate is stopping, and nothing was taken; try again");
}

Reply FeedbackApi::no_peer(const std::string& peer) {
  std::string names;
  for (const PeerStatus& known : source_.peers()) {
    names += (names.empty() ? "" : ", ") + known.name;
  }
  return error_reply(404, "no such peer: " + peer + "; " +
                              (names.empty() ? "none is configured" : "configured are: " + names));
}

}  // namespace ebbgate::metrics
