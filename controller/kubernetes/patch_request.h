#pragma once

#include <string>

#include "controller/kubernetes/connection.h"
#include "controller/kubernetes/workload_object.h"

namespace ebbgate::kubernetes {

/// The request that applies a JSON patch to a workload. The API server is asked to give up before
/// kPatchDeadline, so that what is not answered by then has most likely not been done.
Request patch_request(const WorkloadObject& workload, std::string patch);

}  // namespace ebbgate::kubernetes
