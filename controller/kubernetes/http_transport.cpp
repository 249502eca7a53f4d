#include "controller/kubernetes/http_transport.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "controller/kubernetes/dial.h"

namespace ebbgate::kubernetes {
namespace {

// How much memory an announced length may claim before anything came.
constexpr std::size_t kMostReserved = std::size_t{4} * 1024 * 1024;

bool is_success(int status) {
  return status >= 200 && status < 300;
}

}  // namespace

// What httplib reads from and writes to.
class HttpTransport::Stream final : public httplib::Stream {
 public:
  explicit Stream(ByteStream& bytes) : bytes_(bytes) {}
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* into, std::size_t size) override { return bytes_.read(into, size); }
  ssize_t write(const char* from, std::size_t size) override {
    return bytes_.write(from, size) ? static_cast<ssize_t>(size) : -1;
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  int socket() const override { return bytes_.socket(); }

 private:
  ByteStream& bytes_;
};

HttpTransport::HttpTransport(ServerUrl server, std::shared_ptr<const Tls> tls, const Waiter& waiter)
    : httplib::ClientImpl(server.host, server.port),
      server_(std::move(server)),
      tls_(std::move(tls)),
      waiter_(waiter),
      bytes_(waiter) {
  set_keep_alive(true);
  set_url_encode(false);
  set_decompress(false);
}

HttpTransport::~HttpTransport() {
  stop();  // while shutdown_ssl() is still ours
}

bool HttpTransport::create_and_connect_socket(Socket& socket, httplib::Error& error) {
  error = httplib::Error::Connection;
  auto dialed = dial(server_.host, server_.port, waiter_, deadline_);
  if (auto* failure = std::get_if<std::string>(&dialed)) {
    connect_error_ = std::move(*failure);
    return false;
  }
  Descriptor descriptor = std::move(std::get<Descriptor>(dialed));
  TlsSession session;
  if (tls_) {
    const BootTime until = std::min(deadline_, BootClock::now() + kConnectTime);
    auto connected = tls_->connect(descriptor.get(), certificate_.get(), waiter_, until);
    if (auto* failure = std::get_if<std::string>(&connected)) {
      connect_error_ = std::move(*failure);
      return false;
    }
    session = std::move(std::get<TlsSession>(connected));
  }
  socket.sock = descriptor.get();
  bytes_.open(std::move(descriptor), std::move(session));
  error = httplib::Error::Success;
  return true;
}

void HttpTransport::shutdown_ssl(Socket& socket, bool) {
  // The descriptor is ours to close; httplib finds none.
  bytes_.close();
  socket.sock = INVALID_SOCKET;
}

bool HttpTransport::process_socket(const Socket&, std::function<bool(httplib::Stream&)> use) {
  bytes_.begin_request();
  Stream stream(bytes_);
  return use(stream);
}

HttpTransport::Exchange HttpTransport::exchange(
    const httplib::Request& request, const std::shared_ptr<const ClientCertificate>& certificate,
    BootTime deadline, const Streaming* streaming) {
  if (bytes_.is_open() && (certificate != certificate_ || bytes_.is_stale())) stop();
  certificate_ = certificate;
  deadline_ = deadline;
  const bool kept_alive = bytes_.is_open();
  Exchange result = attempt(request, deadline, streaming);
  // A kept-alive connection may close between the look at it and the first byte.
  if (kept_alive && result.end == Exchange::End::not_sent && !waiter_.interrupted()) {
    stop();
    result = attempt(request, deadline, streaming);
  }
  return result;
}

HttpTransport::Exchange HttpTransport::attempt(const httplib::Request& original, BootTime deadline,
                                               const Streaming* streaming) {
  Exchange result;
  if (waiter_.interrupted()) {
    result.failure = "interrupted";
    return result;
  }
  // A credential may have taken its time; what is sent now may be answered too late.
  if (BootClock::now() >= deadline) {
    result.failure = "its deadline passed before it could be sent";
    return result;
  }
  connect_error_.clear();
  bytes_.limit(deadline, Duration::zero());
  bytes_.begin_request();
  bool to_receiver = false;
  bool refused = false;
  httplib::Request request = original;
  request.response_handler = [&](const httplib::Response& head) {
    if (streaming != nullptr) {
      streaming->answered(head.status);
      to_receiver = is_success(head.status);
      if (to_receiver) bytes_.limit(deadline, streaming->silence);
    }
    const auto length = head.get_header_value<std::uint64_t>("Content-Length");
    if (!to_receiver) result.response.body.reserve(std::min<std::uint64_t>(length, kMostReserved));
    return true;
  };
  request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    if (!to_receiver) {
      result.response.body.append(data, size);
      return true;
    }
    refused = !(*streaming->receive)({data, size});
    return !refused;
  };
  auto error = httplib::Error::Success;
  const bool whole = send(request, result.response, error);
  if (whole) {
    result.end = Exchange::End::whole;
    return result;
  }
  result.failure = !connect_error_.empty() ? connect_error_ : bytes_.failure();
  if (result.failure.empty()) result.failure = "the answer is not HTTP as it should be";
  if (refused) {
    result.end = Exchange::End::refused_by_receiver;
  } else if (connect_error_.empty() && bytes_.sent() > 0) {
    result.end = Exchange::End::broken;
  }
  return result;
}

}  // namespace ebbgate::kubernetes
