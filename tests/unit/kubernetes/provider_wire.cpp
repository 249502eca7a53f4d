#include "tests/unit/kubernetes/provider_wire.h"

#include <utility>

namespace ebbgate::kubernetes::testing {

namespace {

Response broken() {
  Response response;
  response.result = Response::Result::broken;
  response.error = "PATCH: the connection broke";
  return response;
}

}  // namespace

Response World::Wire::send(const Request& request) {
  if (request.verb == "get") return world_.reads_fail ? broken() : world_.server.get();
  Fate fate = Fate::answered;
  if (!world_.fates.empty()) {
    fate = world_.fates.front();
    world_.fates.pop_front();
  }
  Response response = meet(fate, request.body);
  if (world_.before_reply) std::exchange(world_.before_reply, nullptr)();
  return response;
}

Response World::Wire::stream(const Request& /*request*/, Duration /*silence*/,
                             const Receive& /*receive*/) {
  return broken();
}

Response World::Wire::meet(Fate fate, const std::string& body) {
  switch (fate) {
    case Fate::answered:
      break;
    case Fate::refused: {
      Response response;
      response.result = Response::Result::answered;
      response.status = 403;
      response.has_status_body = true;
      response.error = "PATCH: forbidden";
      return response;
    }
    case Fate::not_sent: {
      Response response;
      response.error = "PATCH: connection refused";
      return response;
    }
    case Fate::late:
      world_.late_.push_back(body);
      return broken();
    case Fate::lost:
      return broken();
    case Fate::landed:
      world_.server.patch(body);
      return broken();
    case Fate::sent_twice:
      world_.server.patch(body);
      break;
    case Fate::without_body: {
      Response response = world_.server.patch(body);
      response.body = "{";
      return response;
    }
  }
  return world_.server.patch(body);
}

}  // namespace ebbgate::kubernetes::testing
