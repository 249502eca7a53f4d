#pragma once

#include "controller/settings.h"

namespace ebbgate::local {

/// Whether the request may carry something that nobody else should learn: in a header other than
/// the usual ones that describe a request, or in what masked_url() masks of its URL. Services like
/// to repeat what they were asked, in forms that nobody can foresee; what they answer to such a
/// request is therefore not told.
bool may_carry_secrets(const HttpRequest& request);

}  // namespace ebbgate::local
