#include "controller/kubernetes/patch_request.h"

#include <utility>

#include "controller/kubernetes/paths.h"
#include "controller/kubernetes/update_deadline.h"

namespace ebbgate::kubernetes {

Request patch_request(const WorkloadObject& workload, std::string patch) {
  Request request;
  request.verb = "patch";
  request.resource = plural_of(workload.kind);
  request.method = "PATCH";
  request.path = path_of(workload.kind, workload.key) + "?fieldManager=ebbgate&timeout=10s";
  request.content_type = "application/json-patch+json";
  request.body = std::move(patch);
  request.deadline = kPatchDeadline;
  return request;
}

}  // namespace ebbgate::kubernetes
