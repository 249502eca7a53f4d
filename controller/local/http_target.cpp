#include "controller/local/http_target.h"

#include "base/masking.h"
#include "base/url.h"

namespace ebbgate::local {

std::string HttpTarget::text() const {
  return (secure ? "https://" : "http://") + host_header +
         masked_path(path.substr(0, path.find('?')));
}

std::variant<HttpTarget, std::string> parse_http_target(const std::string& text) {
  const auto parsed = parse_url(text);
  if (const auto* fault = std::get_if<UrlFault>(&parsed)) return std::string(text_of(*fault));
  const Url& url = std::get<Url>(parsed);
  if (url.has_user) {
    return "the URL holds a user name: put credentials into an Authorization header";
  }
  return HttpTarget{url.secure, url.host, url.port, url.authority,
                    (url.path.empty() ? "/" : url.path) + url.query};
}

}  // namespace ebbgate::local
